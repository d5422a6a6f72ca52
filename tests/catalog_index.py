"""Rewrite the catalog's index, which distinguishes a complete catalog from a shortened one: ``make catalog-index``."""

from importable import make_importable

make_importable()

from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import files, index  # noqa: E402

(files.HOME / index.NAME).write_text(index.text_of(files.HOME), encoding="utf-8")
