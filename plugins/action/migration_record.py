# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_record works on the controller only: it makes one host's record and writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils import apart
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import exceptions_file
from ansible_collections.avshift.endpoint.plugins.plugin_utils.documents import Modes
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet.stop_file import NOT_BEGUN
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import console, records, runs, talking
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record.verdict import UNKNOWN
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import folder, gates
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import (
    RESULTS_OF_RUN,
    Adapter,
    now,
    versions,
)


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "mode": {"type": "str", "choices": ["migrate", "verify"], "required": True},
        "folder": {"type": "path", "required": True},
        "results": {"type": "dict", "required": True},
        "exceptions_file": {"type": "path"},
        "console_file": {"type": "path"},
        "change_id": {"type": "str", "default": ""},
        "rollout": {"type": "dict", "default": {}},
        "require_silence": {"type": "bool", "default": False},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the record and return its verdict; a host that is not clean and has not failed before fails here."""
        host = str(task_vars["inventory_hostname"])
        results = _whole(host, options["results"])
        # The plan's own number is what the host's log has.
        change_id = results.get("planned", {}).get("change_id") or options["change_id"]
        run = {"change_id": change_id, "time": now(), **versions(self.catalog(options))}
        exempt = exceptions_file.of_host(options["exceptions_file"], self.catalog(options), host, run["time"])
        dry_run = bool(self._task.check_mode)
        seen = console.read(options["console_file"], run["time"])
        if runs.is_forecast(results):
            before = list(records.earlier(options["folder"], host))
            record = runs.of_preview(host, options["mode"], run, results, before)
        else:
            record = runs.of_run(host, options["mode"], run, results, exempt, dry_run, seen)
        path = records.path_of(options["folder"], host)
        told = {"path": str(path), "changed": True}
        silent = options["require_silence"]
        if dry_run:
            # The on-access test is then skipped, so that a verification is at best unknown.
            left_out = options["mode"] == "verify" and record["verdict"] == UNKNOWN
            return {**told, **_told(record, f"Foreseen on {host}", results, silent, may_fail=not left_out)}
        is_mine = not runs.is_of_another(record, results)
        self._write(path, record, is_mine, options, self.modes(task_vars))
        return {**told, **_told(record, f"Verdict on {host}", results, silent, f" See {path}.")}

    def _write(self, path: Path, record: dict[str, Any], is_mine: bool, options: dict[str, Any], modes: Modes) -> None:
        """Write a record; if the host was not started, never overwrite one from an earlier answer.

        Neither is one of a host that another run is changing, nor is that run's mark: it may have ended just before.
        """
        if (record["failure"] or {}).get("code") == NOT_BEGUN or not is_mine:
            records.write_silent(options["folder"], record, modes)
            return
        with records.alone(options["folder"], modes):
            if path.exists():
                record = _kept(record, records.read_one(path)[0])
            records.write(path, record, modes)
        if options["rollout"]:
            is_lost = (record["failure"] or {}).get("code") == gates.UNREACHABLE
            lost_at = record["run"]["time"] if is_lost else ""
            folder.end(options["rollout"], record["host"], runs.succeeded(record), modes, lost_at)


def _kept(record: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """Return a record with what an earlier one says about the change, if that can be read: a damaged one keeps no host
    without a new one.
    """
    try:
        return runs.kept(record, before)
    except (KeyError, TypeError, AttributeError, ValueError):
        return record


def _whole(host: str, results: dict[str, Any]) -> dict[str, Any]:
    """Return the results of a run, also those kept in files; a lost file is a failure of its task."""
    found = {}
    for name, result in results.items():
        try:
            found[name] = apart.whole(RESULTS_OF_RUN, host, result or {})
        except AvshiftError as error:
            found[name] = {"failed": True, "code": error.code, "msg": str(error)}
    return found


def _told(
    record: dict[str, Any], what: str, results: dict[str, Any], silent: bool, see: str = "", may_fail: bool = True
) -> dict[str, Any]:
    """Return the result; it is a failure if the host did not end well and no earlier task has failed.

    A host that talks although it should be silent did not end well if ``silent`` says so; else there is a warning.
    """
    heard = talking.of(record)
    success = runs.succeeded(record) and not (silent and heard)
    forecast = runs.is_forecast(results)
    told = {key: record[key] for key in ("verdict", "window_seconds", "failure")}
    told.update(success=success, forecast=forecast)
    if success and heard:
        told["warnings"] = [f"{what}: {record['verdict']}: {runs.reasons(record)}{see}"]
    if success or forecast or not may_fail or any((result or {}).get("failed") for result in results.values()):
        return told
    why = record["failure"]["message"] if record["failure"] else runs.reasons(record)
    return {**told, "failed": True, "msg": f"{what}: {record['verdict']}: {why}{see}"}
