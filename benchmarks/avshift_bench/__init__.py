"""Measures what detection costs a controller and an endpoint. It is not part of the collection."""
