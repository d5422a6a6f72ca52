"""Reports of records that tests make."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.packs import Pack
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import gather
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run.fleet import Report


@contextmanager
def report_of(read: gather.Read, *policies: Pack) -> Iterator[Report]:
    """Provide the report of what records.read yields, as long as it is needed."""
    with tempfile.TemporaryFile() as file:
        yield gather.combined([gather.condense(read, policies)], policies, gather.Spool(file))


def content_of(read: gather.Read, *policies: Pack) -> dict[str, Any]:
    """Return the content of report.json, read back from its text."""
    with report_of(read, *policies) as report:
        content: dict[str, Any] = json.loads("".join(report.text()))
        return content
