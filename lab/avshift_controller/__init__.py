"""A Debian 13 root in a folder, and commands in it. Python's standard library alone: nothing has been installed yet."""
