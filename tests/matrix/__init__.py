"""Runs the endpoint's code on every Python and with every ansible-core that it promises to work with."""
