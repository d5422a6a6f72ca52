"""Whether the next wave begins, and what the last words of a run say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import waves
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import rollout
from hypothesis import given
from hypothesis import strategies as st
from schemas import problems

HOSTS = [f"h{number:02}" for number in range(12)]
WELL: dict[str, Any] = {"success": True, "verdict": "removed_verified", "failure": None}
UNKNOWN: dict[str, Any] = {"success": False, "verdict": "unknown", "failure": None}
GONE: dict[str, Any] = {**UNKNOWN, "failure": {"code": "unreachable", "message": "no route to host"}}
REFUSED: dict[str, Any] = {
    "success": False,
    "verdict": "refused",
    "failure": {
        "code": "plan_drifted",
        "message": "Carrying out the plan: h00: kesl was 1, is now 2. Have it approved.",
    },
}
BROKEN: dict[str, Any] = {"failed": True, "msg": "the record could not be written"}
RUN = {"change_id": "", "time": "2026-01-01T00:00:00Z", "collection_version": "0.1.0", "catalog_digest": "0" * 64}


def _limits(sizes: Any = None, most_failed: Any = None) -> rollout.Limits:
    return rollout.Limits(waves.sizes(sizes), waves.most_failed(most_failed))


def _results(**results: Any) -> Mapping[str, Any]:
    return {host: results.get(host) for host in HOSTS}


@pytest.mark.parametrize(
    "bad", [UNKNOWN, GONE, REFUSED, BROKEN, None], ids=["unknown", "gone", "refused", "broken", "none"]
)
def test_a_pilot_that_did_not_go_well_ends_the_run(bad: dict[str, Any] | None) -> None:
    gate = rollout.gate(HOSTS, HOSTS[1:2], _results(h00=bad), _limits())
    assert gate.wave == 2
    assert gate.reason.startswith("1 of 1 hosts of wave 1 failed or were not reached (h00), and the limit is 0 %")


def test_the_first_wave_begins_and_so_does_one_after_a_good_one() -> None:
    assert rollout.gate(HOSTS, HOSTS[:1], _results(), _limits()) == rollout.Gate(1, "")
    assert rollout.gate(HOSTS, HOSTS[1:2], _results(h00=WELL), _limits()) == rollout.Gate(2, "")


@pytest.mark.parametrize(
    ("most_failed", "begins"), [(0, False), (20, False), (49.9, False), (50, True), ("100%", True)]
)
def test_as_many_percent_may_fail_as_was_given(most_failed: Any, begins: bool) -> None:
    results = _results(h00=WELL, h01=WELL, h02=REFUSED, h03=GONE)
    gate = rollout.gate(HOSTS, HOSTS[4:8], results, _limits(4, most_failed))
    assert (gate.reason == "") is begins


def test_waves_that_the_play_did_not_see_are_refused_before_anything_is_done() -> None:
    for batch in (HOSTS[:6], HOSTS[:1]):
        with pytest.raises(AvshiftError, match="avshift_waves") as caught:
            rollout.gate(HOSTS, batch, _results(), _limits([2, 4]))
        assert caught.value.code == "waves_in_inventory"


def test_hosts_that_failed_before_the_play_are_no_part_of_a_wave() -> None:
    assert rollout.gate(HOSTS, HOSTS[1:3], _results(), _limits(3), out=HOSTS[:1]) == rollout.Gate(1, "")


OUTCOMES = st.sampled_from([WELL, UNKNOWN, GONE, REFUSED, BROKEN])


@given(outcomes=st.lists(OUTCOMES, max_size=12), sizes=st.sampled_from([None, 1, "30%", [1, 3, "50%"]]))
def test_the_last_words_count_every_host_once(outcomes: list[dict[str, Any]], sizes: Any) -> None:
    results = dict(zip(HOSTS, outcomes, strict=False))
    lines = rollout.last_words(HOSTS, {host: results.get(host) for host in HOSTS}, _limits(sizes), "records", False)
    counted = next(line for line in lines if line.startswith("12 hosts: "))
    assert sum(int(part.split()[0]) for part in counted.partition(": ")[2].split(", ")) == 12
    assert f"{outcomes.count(GONE)} unreachable" in counted
    assert f"{12 - len(outcomes)} not started" in counted
    assert lines[-1] != counted, "what to do is missing"


def test_the_last_words_say_why_and_what_to_do() -> None:
    text = "\n".join(rollout.last_words(HOSTS, _results(h00=REFUSED), _limits(), "avshift/records", False))
    assert "plan_drifted: kesl was 1, is now 2" in text
    assert "12 hosts: 0 migrated, 1 failed, 0 unreachable, 11 not started" in text
    assert "The run ended early: 1 of 1 hosts of wave 1 failed" in text
    assert "avshift/records" in text
    assert "Hosts that were not started are unchanged." in text


def test_the_last_words_of_a_rehearsal_say_that_nothing_was_changed() -> None:
    results = {host: REFUSED if host == "h00" else WELL for host in HOSTS}
    text = "\n".join(rollout.last_words(HOSTS, results, _limits(), "avshift/records", True))
    assert "11 would be migrated, 1 would fail" in text
    assert "Nothing was changed. The real run would end early: 1 of 1 hosts of wave 1 failed" in text
    assert "avshift/records" not in text


def test_hostile_words_do_no_harm() -> None:
    bad = {**UNKNOWN, "failure": {"code": "x\x1b[2J", "message": "\x1b]0;x\x07\n"}}
    assert "\x1b" not in "".join(rollout.last_words(["h\x1b"], {"h\x1b": bad}, _limits(), "r", False))


def test_a_host_that_was_not_started_has_a_record_that_says_so() -> None:
    record = runs.not_started("h07", RUN, "1 of 1 hosts of wave 1 failed")
    assert problems("record", record) == []
    assert (record["verdict"], record["failure"]["code"]) == ("unknown", "not_started")
    assert "h07: it was not started: 1 of 1 hosts of wave 1 failed" in record["failure"]["message"]


def test_no_record_of_a_host_s_own_is_written_over(tmp_path: Any) -> None:
    own = {**runs.not_started("h00", RUN, "x"), "verification": {"collected": {}, "proof": None}}
    path = records.path_of(str(tmp_path), "h00")
    records.write(path, own)
    assert not records.write_silent(str(tmp_path), runs.not_started("h00", RUN, "y"))
    assert records.read_one(path)[0] == own
    assert records.write_silent(str(tmp_path), runs.not_started("h01", RUN, "y"), dry_run=True)
    assert not records.path_of(str(tmp_path), "h01").exists()
    assert records.write_silent(str(tmp_path), runs.not_started("h01", RUN, "y"))
    assert records.write_silent(str(tmp_path), runs.not_started("h01", RUN, "z"))


def test_a_record_that_cannot_be_read_is_not_written_over(tmp_path: Any) -> None:
    path = records.path_of(str(tmp_path), "h00")
    path.write_text("{", encoding="utf-8")
    assert not records.write_silent(str(tmp_path), runs.not_started("h00", RUN, "y"))
    assert path.read_text(encoding="utf-8") == "{"
