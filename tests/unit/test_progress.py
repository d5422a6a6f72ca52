"""The progress of a rollout: counting as it happens gives the same as counting at the end, and fits on any screen."""

from __future__ import annotations

import sys
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.callback import rollout as plugin
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.progress import (
    MOST_NAMES,
    OTHER,
    Progress,
    Tally,
    duration,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.screen import Screen
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import folder
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.schedule import Divided, Schedule
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import this_run
from hypothesis import example, given, settings
from hypothesis import strategies as st
from terminals import Terminal

CODES = ("plan_drifted", "unreachable", "not_begun", "module_failed")


def _result(code: str | None, verdict: str = "removed_verified", window: float | None = None) -> dict[str, Any]:
    failure = {"code": code, "message": "it is so"} if code else None
    return {"success": code is None, "verdict": verdict, "window_seconds": window, "failure": failure}


RESULTS = st.builds(
    _result,
    st.sampled_from([None, *CODES]),
    st.sampled_from(["removed_verified", "never_present", "unknown"]),
    st.none() | st.floats(0, 100),
)
SEQUENCES = st.lists(st.tuples(st.sampled_from([f"h{number}" for number in range(30)]), RESULTS), max_size=80)


def _counted(results: list[tuple[str, dict[str, Any]]]) -> tuple[Counter[str], dict[str, set[str]]]:
    """Return the verdicts, and the hosts of each reason, by counting the last result of each host."""
    verdicts, reasons = Counter[str](), dict[str, set[str]]()
    for host, result in dict(results).items():
        code = (result["failure"] or {}).get("code")
        verdicts[code if code in ("unreachable", "not_begun") else result["verdict"]] += 1
        if code not in (None, "not_begun"):
            reasons.setdefault(code, set()).add(host)
    return verdicts, reasons


@settings(max_examples=60)
@given(SEQUENCES)
def test_any_sequence_of_results_gives_what_counting_gives(results: list[tuple[str, dict[str, Any]]]) -> None:
    tally = Tally(30)
    for host, result in results:
        tally.add(host, result)
    verdicts, reasons = _counted(results)
    assert tally.verdicts == verdicts
    assert {reason: set(hosts) for reason, hosts in tally.reasons.items()} == reasons
    assert tally.done == len(dict(results))
    windows = [result["window_seconds"] for _host, result in results if result["window_seconds"] is not None]
    assert (tally.longest or (None,))[0] == max(windows, default=None)
    for line, hosts in zip(tally.failed(), sorted(tally.reasons.values(), key=lambda hosts: -len(hosts)), strict=True):
        assert line.count("h") >= min(len(hosts), MOST_NAMES)
        assert ("more" in line) == (len(hosts) > MOST_NAMES)


def test_hosts_cannot_have_as_many_reasons_shown_as_they_like() -> None:
    tally = Tally(1000)
    for number in range(1000):
        tally.add(f"h{number}", _result(f"made_up_{number}\x1b[2J"))
    assert len(tally.reasons) < 100
    assert len(tally.failed()) < 12
    assert f"{1000 - 64} {OTHER}" in tally.failed()[0]
    assert "\x1b" not in "".join(tally.failed())


@given(st.integers(0, 10**7))
def test_a_duration_is_what_people_say(seconds: int) -> None:
    told = duration(seconds).split()
    units = {"s": 1, "min": 60, "h": 3600}
    whole = sum(int(number) * units[unit] for number, unit in zip(told[::2], told[1::2], strict=True))
    assert 0 <= seconds - whole < min(units[unit] for unit in told[1::2])


LINES = st.lists(st.text("ab -\u4e2d", max_size=120).map(str.strip), max_size=30)
SHOWN = st.lists(st.tuples(st.booleans(), LINES), max_size=12)


@settings(max_examples=40)
# Not even the line that stands for those that find no room is wider than the terminal.
@example(shown=[(False, ["", ""])], columns=24, rows=4)
@given(SHOWN, st.integers(24, 100), st.integers(4, 40))
def test_nothing_that_another_writes_is_lost_to_a_block_that_is_redrawn(
    shown: list[tuple[bool, list[str]]], columns: int, rows: int
) -> None:
    terminal = Terminal(columns, rows)
    screen = Screen(terminal.write, lambda: (columns, rows))
    for number, (is_for_good, lines) in enumerate(shown):
        if is_for_good:
            screen.leave([*lines, f"for good {number}"])
        else:
            screen.show([f"short-lived {number}", *lines])
        screen.erase()
        terminal.write(f"another {number}\n")
        screen.redraw()
        if not is_for_good:
            assert terminal.text.count("short-lived") == 1
            assert f"short-lived {number}" in terminal.text
    screen.hide()
    others = [line for line in terminal.lines if line.startswith(("another", "for good"))]
    kept = [[f"for good {number}"] if is_for_good else [] for number, (is_for_good, _lines) in enumerate(shown)]
    assert others == [line for number, good in enumerate(kept) for line in (*good, f"another {number}")]
    assert "short-lived" not in terminal.text


HOSTS = 10_000


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """Return a function that feeds a callback with a fleet's results, and returns the texts that it wrote."""
    for name in ("SCHEDULE", "SHOWN", "WORDS", "ASKED"):
        monkeypatch.setattr(this_run, name, tmp_path / name)
    clock = [0.0]
    monkeypatch.setattr(plugin.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(plugin.atexit, "register", lambda _call: None)

    def run(hosts: int, terminal: Terminal | None) -> list[str]:
        written: list[str] = []

        def display(text: str, *_ignored: Any, newline: bool = True, **_named: Any) -> None:
            written.append(text + "\n" * newline)
            if terminal is not None:
                terminal.write(written[-1])

        monkeypatch.setattr(Display(), "display", display)
        monkeypatch.setattr(plugin, "shutil", SimpleNamespace(get_terminal_size=lambda: (80, 24)))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal is not None, raising=False)
        monkeypatch.setenv("TERM", "xterm")
        names = [f"host{number:05}" for number in range(hosts)]
        pilot, rest = {"name": "pilot", "hosts": names[:1]}, {"name": "rest", "hosts": names[1:]}
        batches = [{"ring": number, "hosts": ring["hosts"]} for number, ring in enumerate((pilot, rest))]
        made = Schedule("run", Divided({}, [pilot, rest]), batches, names, [], str(tmp_path), str(tmp_path))
        folder.save(this_run.SCHEDULE, made)
        callback = plugin.CallbackModule()
        clock[0] = 0.0
        for batch in batches:
            callback.v2_playbook_on_play_start(None)
            _given(callback, batch["hosts"][0], "rollout_gate", {"begin": True, "ring": made.ring_name(batch["ring"])})
            for host in batch["hosts"]:
                clock[0] += 0.36 if terminal is None else 0.02
                Display().display(f"ok: [{host}]")
                _given(callback, host, "migration_record", _of(int(host[4:])))
        this_run.WORDS.write_text("the last words", encoding="utf-8")
        callback.v2_playbook_on_stats(None)
        return written

    return run


def _given(callback: Any, host: str, action: str, content: dict[str, Any]) -> None:
    task = SimpleNamespace(action=f"avshift.endpoint.{action}")
    result = SimpleNamespace(_task=task, _result=content, _host=SimpleNamespace(get_name=lambda: host))
    (callback.v2_runner_on_failed if content.get("failed") else callback.v2_runner_on_ok)(result)


def _of(number: int) -> dict[str, Any]:
    """Return a result: 3 % drift, 2 % cannot be reached, and one has the longest window."""
    code = "plan_drifted" if number % 100 in (7, 8, 9) else "unreachable" if number % 100 in (20, 21) else None
    return {**_result(code, "refused" if code else "removed_verified", 9.5 if number == 4321 else 0.25), "failed": code}


LAST = (
    "ring rest: 9999 of 9999 hosts: 9499 removed_verified, 300 refused, 200 unreachable; longest window 9.500 s "
    "(host04321)"
)


def test_ten_thousand_results_in_a_file_are_some_hundred_lines(feed: Any) -> None:
    written = [text for text in feed(HOSTS, None) if not text.startswith("ok: ")]
    # A line for each 1 % of the hosts or 30 s, a block for each ring, and the summary.
    assert 100 <= len(written) <= 240
    assert sum(map(len, written)) < 60_000
    assert written[-1] == "\nthe last words\n\n"
    block = written[-2].splitlines()
    assert block[0] == LAST
    names = ", ".join(f"host{number:05}" for number in (7, 8, 9, 107, 108, 109, 207, 208, 209, 307))
    assert block[1] == f"  300 plan_drifted: {names} and 290 more"
    assert block[-1].startswith("  run: 10000 of 10000 hosts, 166.7 a minute")
    middle = written[len(written) // 2]
    assert "; failed: 1" in middle
    assert " of 10000 hosts, 166.7 a minute, " in middle
    assert middle.endswith(" min left\n")


def test_ten_thousand_results_on_a_terminal_leave_one_block_a_ring_and_every_line_of_others(feed: Any) -> None:
    terminal = Terminal(80, 24)
    written = feed(HOSTS, terminal)
    assert max(map(len, written)) < 80 * 24
    others = [line for line in terminal.lines if line.startswith("ok: ")]
    assert others == [f"ok: [host{number:05}]" for number in range(HOSTS)]
    rings = [line.partition(":")[0] for line in terminal.lines if line.startswith("ring ")]
    assert rings == ["ring pilot", "ring rest"]
    assert len(terminal.lines) < HOSTS + 30
    flat = " ".join(" ".join(terminal.lines[-20:]).split())
    assert LAST in flat
    assert "300 plan_drifted: host00007, host00008, " in flat
    assert terminal.text.endswith("\nthe last words\n\n")


def test_four_hosts_are_told_one_by_one_in_a_file(feed: Any) -> None:
    written = [text for text in feed(4, None) if not text.startswith("ok: ")]
    assert [text.split(";")[0] for text in written[:-1]] == [
        "ring pilot: 1 of 1 hosts: 1 removed_verified",
        "rollout: ring rest: 1 of 3 hosts: 1 removed_verified",
        "rollout: ring rest: 2 of 3 hosts: 2 removed_verified",
        "ring rest: 3 of 3 hosts: 3 removed_verified",
    ]


def _work(hosts: int) -> float:
    """Return how many function calls a result costs in a fleet of a size."""
    calls = 0
    names = [f"host{number:05}" for number in range(hosts)]
    progress = Progress([("rest", names)], 0.0)
    progress.begin("rest", 0.0)

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for number, host in enumerate(names):
            progress.add(host, _of(number))
            progress.is_line_due(0.0)
    finally:
        sys.setprofile(None)
    return calls / hosts


def test_a_result_costs_the_same_in_a_large_fleet() -> None:
    assert _work(4_000) == pytest.approx(_work(400), rel=0.05)
