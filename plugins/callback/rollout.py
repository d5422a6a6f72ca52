# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows the progress of a migration in rings, beside any other callback, and its summary after the recap."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rollout
type: aggregate
short_description: Shows the progress of a rollout
description:
  - Works beside any other callback. On a terminal it shows a block per ring, which it redraws in place below
    all other output. In a file, or if C(TERM=dumb), it writes a line every 30 seconds and for every hundredth of the
    hosts, and the block once, when the ring ends.
  - It shows how many hosts have which verdict, the longest unprotected window, the hosts that failed by the ID
    of the reason with at most ten names each, the rate, and the time left.
  - After the recap it shows the summary of the run, also if a batch aborted the run or someone interrupted it.
    The summary says what stopped the run, which hosts are where, and the command that goes on. Without this callback,
    it comes before the recap.
  - Its work per host does not grow with the size of the fleet.
  - Beside a callback that writes JSON for programs it shows nothing, and the summary comes before the document.
  - Playbooks other than C(avshift.endpoint.migrate) are not affected.
requirements:
  - C(callbacks_enabled = avshift.endpoint.rollout) in C(ansible.cfg), or C(ANSIBLE_CALLBACKS_ENABLED)
"""

import atexit
import contextlib
import os
import shutil
import sys
import threading
import time
from typing import Any

from ansible import constants, context
from ansible.plugins.callback import CallbackBase
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import rollout
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.progress import Progress
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.screen import Screen
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import folder, standing
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import this_run
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import now

GATE = "rollout_gate"
RECORD = "migration_record"
# Seconds between two updates of the block.
REDRAWN = 0.5


class CallbackModule(CallbackBase):
    """See Ansible's documentation of callback plugins."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "avshift.endpoint.rollout"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Start to show; a run without a rollout never has anything to show."""
        super().__init__()
        self._progress: Progress | None = None
        # Such output is read to its end, as one document or line by line.
        self.disabled = "json" in constants.DEFAULT_STDOUT_CALLBACK
        self._is_new, self._shown_at, self._own = False, 0.0, os.getpid()
        # Ansible displays the output of its workers from a thread of its own.
        self._lock = threading.RLock()
        self._write = self._display.display
        self._screen = Screen(self._draw, shutil.get_terminal_size)
        self._in_place = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        if self.disabled:
            return
        with contextlib.suppress(OSError):
            this_run.SHOWN.touch()
        if self._in_place:
            self._display.display = self._beside

    def _draw(self, text: str) -> None:
        self._write(text, screen_only=True, newline=False)

    def _beside(self, msg: Any, *arguments: Any, **named: Any) -> Any:
        """Write Ansible's other output above the block."""
        if os.getpid() != self._own or named.get("log_only"):
            return self._write(msg, *arguments, **named)
        with self._lock:
            self._screen.erase()
            told = self._write(msg, *arguments, **named)
            if named.get("newline", True):
                self._screen.redraw()
            return told

    def v2_runner_on_ok(self, result: Any) -> None:
        """Count what a gate and a record report."""
        self._take(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Count the record of a host that is not clean, too."""
        self._take(result)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Leave the block of a finished ring where it is."""
        with self._lock:
            if self._progress is not None and self._progress.is_ring_done:
                self._leave()
            self._screen.hide()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: Any) -> None:
        """Show that time passes, too."""
        with self._lock:
            self._tell()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Show the summary."""
        self._end()

    def _take(self, result: Any) -> None:
        action, content = str(result._task.action).rpartition(".")[2], result._result
        with self._lock:
            if action == GATE and content.get("begin"):
                self._begin(str(content["ring"]))
            elif action == RECORD and self._progress is not None:
                is_first = self._progress.add(result._host.get_name(), content)
                self._is_new = True
                if is_first and self._progress.is_ring_done:
                    self._leave()
                else:
                    self._tell()

    def _begin(self, ring: str) -> None:
        at = time.monotonic()
        if self._progress is None:
            made = folder.saved(this_run.SCHEDULE)
            batches = made.batches if made else []
            self._progress = Progress([(made.ring_name(one["ring"]), one["hosts"]) for one in batches if made], at)
            # Ansible reports no statistics if it is interrupted or aborts itself.
            atexit.register(self._end)
        if ring != self._progress.ring:
            self._leave()
        self._progress.begin(ring, at)
        self._tell()

    def _tell(self) -> None:
        found, at = self._progress, time.monotonic()
        if found is None or not self._is_new:
            return
        if not self._in_place:
            if found.is_line_due(at):
                self._write(f"rollout: {found.line(at)}")
        elif at - self._shown_at >= REDRAWN:
            self._screen.show(found.block(at))
            self._shown_at = at

    def _leave(self) -> None:
        """Write the block of the last ring for good, if it has anything new."""
        if self._progress is None or not self._is_new:
            return
        lines = self._progress.block(time.monotonic())
        if self._in_place:
            self._screen.leave(lines)
        else:
            self._write("\n".join(lines))
        self._is_new = False

    def _end(self) -> None:
        """Show the summary once, in the process that is the run."""
        if self._progress is None or os.getpid() != self._own:
            return
        with self._lock:
            self._leave()
            self._screen.hide()
            self._progress = None
        words = this_run.last_words() or _of_records()
        if words:
            self._write(f"\n{words}\n")


def _of_records() -> str:
    """Return the summary of a run that did not get to show one; of a dry run nothing is recorded."""
    made = None if context.CLIARGS.get("check") else folder.saved(this_run.SCHEDULE)
    try:
        return "" if made is None else "\n".join(rollout.last_words(standing.of(made, this_run.asked(), now())))
    except (AvshiftError, OSError) as error:
        return str(error)
