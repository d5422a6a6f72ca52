"""Measures what detection takes, of a controller and of an endpoint. It is no part of the collection."""
