"""A rollout is read in every form that people and their tools write, and anything else is refused by its place."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import divided, folder
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.amounts import amount
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.reading import is_path, names, rules
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.rings import Candidate, batches, divide, shared
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.rules import Group
from hypothesis import given
from hypothesis import strategies as st
from plans import VERSIONS, case_of, plan_of, rings_of
from schemas import problems
from support import REPOSITORY

SIZES = [
    ("1,50%", ["1", "50%"]),
    ('[1, "50%"]', ["1", "50%"]),
    ("['1', '50%']", ["1", "50%"]),
    (["1", "50%"], ["1", "50%"]),
    ("1\n50%\n", ["1", "50%"]),
    ("1\r\n50%", ["1", "50%"]),
    (" 1 ; 50% ", ["1", "50%"]),
    ("- 1\n- 50%", ["1", "50%"]),
    ("1, 2.5 %", ["1", "2.5%"]),
    ("3", ["3"]),
    (3, ["3"]),
    (3.0, ["3"]),
    ([1.0, "10.0"], ["1", "10"]),
    ("25%", ["25%"]),
    ('{"rings": [{"size": 2}]}', ["2"]),
    ("rings:\n- size: 2\n- name: x\n  size: 10%\n", ["2", "10%"]),
    ([{"size": "2"}, {"size": "10%"}], ["2", "10%"]),
    ("", ["1", "10%"]),
    (None, ["1", "10%"]),
    ([], ["1", "10%"]),
]


@pytest.mark.parametrize(("given_sizes", "expected"), SIZES, ids=repr)
def test_sizes_are_taken_in_any_form(given_sizes: Any, expected: list[str]) -> None:
    read = rules(given_sizes)
    assert [str(ring.size) for ring in read.rings[:-1]] == expected
    assert (read.rings[-1].name, read.rings[-1].size, read.rings[-1].hosts) == ("rest", None, ())
    assert read.rings[0].gate.min_clean.is_reached(1, 1)
    assert not read.rings[0].gate.min_clean.is_reached(99, 100)
    assert read.rings[1].gate.min_clean.is_reached(95, 100)


WRONG: list[tuple[Any, str]] = [
    ("many", "many is neither rings nor sizes"),
    ("1,,2", "rings[1].size: is neither"),
    ("-1", "it is"),
    (0, "rings[0].size: it allows no host at all"),
    ("150%", "rings[0].size: 150% is more than 100 %"),
    ([1.5], "no"),
    (5.5, "rings[0].size: 5.5 is neither"),
    (True, "it is True"),
    ({"host_time_limit": True}, "host_time_limit: True is not a number of minutes"),
    ({"host_time_limit": 60.5}, "host_time_limit: 60.5 is not a number of minutes"),
    ({"gate": {"max_window": True}}, "max_window: True is not a number of seconds"),
    ({"retry_unreachable": False}, "retry_unreachable: it is False"),
    ({"rings": [{"name": False}]}, "rings[0].name: it is False"),
    ({"ring": []}, "avshift_rollout.ring: there is no such key"),
    ({"rings": [{"label": "x"}]}, "avshift_rollout.rings[0].label: there is no such key"),
    ({"rings": [{"gate": {"soke": 5}}]}, "avshift_rollout.rings[0].gate.soke: there is no such key"),
    ({"gate": {"min_clean": "most"}}, "gate.min_clean: most is neither"),
    ({"gate": {"approval": "maybe"}}, "gate.approval: it is 'maybe'"),
    ({"gate": {"deny_verdicts": ["bad"]}}, "gate.deny_verdicts: it is 'bad'"),
    ({"gate": {"deny_new_checks": "perhaps"}}, "deny_new_checks: it is perhaps"),
    ({"gate": {"max_window": "5%"}}, "max_window: 5% is not a number of seconds"),
    ({"gate": {"soak": "an hour"}}, "soak: an hour is not a number of minutes"),
    ({"rings": [{"name": "a"}, {"name": "a"}]}, "two rings have the name a"),
    ({"rings": [{"name": "../x"}]}, "rings[0].name"),
    ({"rings": [{"pick": "luck"}]}, "rings[0].pick"),
    ({"groups": [{"at_once": 1}]}, "groups[0].by: it is empty"),
    ({"groups": [{"by": "site", "at_once": 0}]}, "groups[0].at_once: it allows no host"),
    ({"rings": [{"hosts": {"all": 1}}]}, "rings[0].hosts: it is {'all': 1}"),
    ({"rings": [{"hosts": ["web", None]}]}, "rings[0].hosts: it is None"),
    ({"groups": [{"by": ["cluster"]}]}, "groups[0].by: it is ['cluster']"),
    (
        {"windows": {"start": "22:00", "end": "22:30", "zone": "UTC"}},
        "host_time_limit: a host may take 60 minutes, and no window is longer than 30",
    ),
    ({"host_time_limit": 0}, "host_time_limit: it is 0"),
    ({"retry_unreachable": 5}, "retry_unreachable: it is 5"),
    # A list that came out empty would make one ring of the whole fleet.
    ({"rings": [{"name": "pilot", "hosts": []}]}, "rings[0].hosts: it is an empty list"),
    ({"rings": [{"size": 1}, {"hosts": [], "pick": "hash"}]}, "rings[1].hosts: it is an empty list"),
    ({"rings": [{"hosts": False}]}, "rings[0].hosts: it is False"),
    ({"rings": 0}, "rings[0].size: it allows no host at all"),
    ({"gate": False}, "gate: it is False, not a mapping"),
    ({"rings": [{"size": 1, "gate": 0}]}, "rings[0].gate: it is 0, not a mapping"),
    *(({key: False}, f"{key}[0]: ") for key in ("groups", "windows", "freeze")),
    ({"rings": 1, "at_once": "0"}, "at_once: it allows no host"),
    ("{", "cannot be read as YAML or JSON"),
    ("a: 1\na: 2", "stands twice"),
    ("１", "１ is neither"),
    ("[" * 10_000, "it is"),
    (list(range(1, 200)), "they are 199"),
]


@pytest.mark.parametrize(("given_rollout", "words"), WRONG, ids=lambda given: repr(given)[:30])
def test_what_is_no_rollout_is_refused_by_the_place(given_rollout: Any, words: str) -> None:
    with pytest.raises(AvshiftError, match="avshift_rollout") as caught:
        rules(given_rollout)
    assert caught.value.code in ("rollout_unreadable",)
    if words not in ("it is", "no"):
        assert words in str(caught.value)


def test_a_number_is_the_same_as_its_text() -> None:
    limits = {"host_time_limit": "60", "retry_unreachable": "1", "gate": {"max_window": "5", "soak": "10"}}
    typed = {"host_time_limit": 60.0, "retry_unreachable": 1.0, "gate": {"max_window": "5 ", "soak": 10.0}}
    assert rules(limits) == rules(typed)
    # A plan that was made with one of them is the plan of the other, too.
    assert rules(5).to_json() == rules("5").to_json() == rules([5.0]).to_json()
    assert rules({"rings": [{"name": 0, "size": 1}]}).rings[0].name == "0"
    assert [names(one) for one in (0, "0", [0], None, "", "a, b")] == [["0"], ["0"], ["0"], [], [], ["a", "b"]]


def test_an_empty_answer_takes_no_limit_away() -> None:
    for nothing in (None, "", " ", "~"):
        gate = dict.fromkeys(("min_clean", "deny_verdicts", "deny_new_checks", "soak", "approval"), nothing)
        given_rollout = {"gate": gate, **dict.fromkeys(("stop_after", "at_once", "host_time_limit", "groups"), nothing)}
        assert rules(given_rollout) == rules({})
    assert rules({"gate": {"deny_verdicts": []}}).rings[0].gate.deny_verdicts == ()


def test_an_empty_list_and_a_zone_with_blanks_are_what_people_mean() -> None:
    assert rules({"rings": [], "windows": {}, "freeze": []}) == rules(None)
    window = {"start": "22:00", "end": "06:00", "zone": " Europe/Berlin "}
    assert rules({"windows": window}).windows[0].zone == "Europe/Berlin"


def test_windows_that_follow_each_other_are_one() -> None:
    halves = [{"start": "22:00", "end": "22:30", "zone": "UTC"}, {"start": "22:30", "end": "23:00", "zone": "UTC"}]
    assert len(rules({"windows": halves}).windows) == 2
    assert rules({"windows": halves[:1], "host_time_limit": 30}).host_time_limit == 30


AMOUNTS = st.one_of(st.integers(1, 500), st.integers(1, 100).map("{}%".format), st.integers(1, 99).map("{}.5%".format))
RINGS = st.lists(AMOUNTS, min_size=1, max_size=5)


@given(sizes=RINGS, min_clean=AMOUNTS, soak=st.integers(0, 10_000))
def test_a_rollout_is_read_as_it_is_written(sizes: list[Any], min_clean: Any, soak: int) -> None:
    read = rules({"rings": sizes, "gate": {"min_clean": min_clean, "soak": soak}})
    assert rules(read.to_json()) == read
    assert rules(json.dumps(read.to_json())) == read
    assert problems("rollout", read.to_json()) == []


@given(text=st.text(alphabet="0123456789%,;[]{}:'\" \n-ab", max_size=14))
def test_any_text_is_a_rollout_or_refused(text: str) -> None:
    try:
        read = rules(text)
    except AvshiftError as error:
        assert error.code == "rollout_unreadable"
    else:
        assert rules(read.to_json()) == read


def test_a_rollout_is_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rollout.yml"
    path.write_text(
        "---\nrings: [{name: a, size: 1}]\nwindows: [{start: 22:00, end: 6:00, zone: UTC}]\n", encoding="utf-8"
    )
    assert is_path(str(path))
    read = folder.rules_of(str(path))
    assert [ring.name for ring in read.rings] == ["a", "rest"]
    assert str(read.windows[0]) == "every day 22:00-06:00 UTC"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder.rules_of("~/rollout.yml") == read
    with pytest.raises(AvshiftError, match=r"gone.yml cannot be read \(No such file or directory\)"):
        folder.rules_of(str(tmp_path / "gone.yml"))


def test_the_example_is_read_and_has_every_key() -> None:
    read = folder.rules_of(str(REPOSITORY / "playbooks/files/rollout.example.yml"))
    assert [ring.name for ring in read.rings] == ["pilot", "early", "rest"]
    assert read.windows
    assert read.freeze
    assert read.groups


@given(hosts=st.integers(0, 10_000), total=st.integers(0, 10_000), percent=st.integers(0, 100))
def test_shares_are_exact_and_of_no_hosts_none_is_missing(hosts: int, total: int, percent: int) -> None:
    share = amount(f"{percent}%", "x")
    assert share.is_reached(hosts, total) == (hosts * 100 >= percent * total)
    assert share.is_exceeded(hosts, total) == (hosts * 100 > percent * total)
    assert share.is_reached(0, 0)
    assert not share.is_exceeded(0, 0)
    assert share.of(total) == percent * total // 100


CANDIDATES = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60).map(
    lambda found: [
        Candidate(f"h{number:02}", plan, f"machine-{number}" if known else "")
        for number, (plan, known) in enumerate(found)
    ]
)


@given(candidates=CANDIDATES, sizes=RINGS, order=st.randoms())
def test_every_host_is_in_one_ring_whatever_order_hosts_come_in(
    candidates: list[Candidate], sizes: list[Any], order: Any
) -> None:
    read = rules({"rings": sizes})
    divided = divide(read, candidates, list)
    names = [host for _ring, hosts in divided for host in hosts]
    assert sorted(names) == sorted(one.host for one in candidates)
    shuffled = list(candidates)
    order.shuffle(shuffled)
    assert divide(read, shuffled, list) == divided
    for ring, hosts in divided:
        if ring.size is not None and hosts:
            assert len(hosts) <= max(1, ring.size.of(len(candidates)))


@given(candidates=CANDIDATES.filter(bool))
def test_a_pilot_has_one_host_of_each_class_first(candidates: list[Candidate]) -> None:
    classes = Counter(one.plan for one in candidates)
    (_ring, pilot), *_others = divide(rules({"rings": [len(classes)]}), candidates, list)
    plans = {one.host: one.plan for one in candidates}
    assert {plans[host] for host in pilot} == set(classes)


def test_the_ring_of_a_host_is_its_machine_s_and_not_its_name_s() -> None:
    """Otherwise anyone who names hosts decides which ones are the pilot."""
    first = [Candidate(f"h{number}", "a", f"m{number}") for number in range(9)]
    renamed = [Candidate(f"x{9 - number}", "a", f"m{number}") for number in range(9)]
    (_ring, (pilot,)), *_rest = divide(rules(1), first, list)
    (_ring, (other,)), *_rest = divide(rules(1), renamed, list)
    assert {one.host: one.machine for one in renamed}[other] == {one.host: one.machine for one in first}[pilot]


def test_rings_by_group_take_what_is_left_of_it() -> None:
    groups = {"web": ["a", "b"], "nobody": []}
    read = rules({"rings": [{"size": 1}, {"name": "web", "hosts": "web"}, {"name": "none", "hosts": ["nobody"]}]})
    divided = divide(read, [Candidate(host) for host in "abcd"], lambda names: [h for n in names for h in groups[n]])
    assert [(ring.name, hosts) for ring, hosts in divided] == [
        ("ring-1", ["a"]), ("web", ["b"]), ("none", []), ("rest", ["c", "d"])
    ]  # fmt: skip


@given(
    members=st.lists(st.sampled_from(["", "x", "y", "z"]), max_size=40),
    at_once=st.integers(1, 20),
    limit=st.integers(1, 3),
)
def test_no_batch_has_more_of_a_group_than_may_be_away(members: list[str], at_once: int, limit: int) -> None:
    of = {f"h{number:02}": value for number, value in enumerate(members)}
    groups = shared([Group("site", amount(limit, "x"))], of, lambda host, _by: [of[host]] if of[host] else [])
    found = batches(list(of), at_once, groups)
    assert sorted(host for batch in found for host in batch) == sorted(of)
    for batch in found:
        assert 0 < len(batch) <= at_once
        counted = Counter(of[host] for host in batch if of[host])
        assert all(hosts <= limit for hosts in counted.values())


def test_a_pattern_that_no_host_matches_is_told_and_not_the_ring_that_is_left_over() -> None:
    read = rules({
        "rings": [{"name": "pilot", "hosts": "pilto"}, {"name": "web", "hosts": "web"}, {"name": "rest"}],
        "groups": [{"by": "nosuch"}, {"by": "site"}],
    })  # fmt: skip
    told = divided.of_plan(
        read,
        {host: {"digest": "x", "carried": {}} for host in ("a", "b")},
        lambda patterns: ["a", "b"] if list(patterns) == ["web"] else [],
        lambda _host, by: ["here"] if by == "site" else [],
    )
    assert divided.doubts(told) == [
        "Ring pilot has no hosts, so that its gate holds nothing up: no host that was planned, and is in no ring "
        "before it, matches pilto",
        "The limit of groups by nosuch holds for no host: none that was planned has such a group",
    ]


def test_a_plan_puts_hosts_into_rings_by_the_machines_that_it_carries() -> None:
    """The same machines under other names are in the same rings."""
    entries = {f"h{number}": {"digest": "a", "carried": {"machine": f"{number:032x}"}} for number in range(9)}
    renamed = {f"x{9 - number}": entries[f"h{number}"] for number in range(9)}
    told = [
        [[hosts[host]["carried"]["machine"] for host in ring["hosts"]] for ring in found["rings"]]
        for hosts in (entries, renamed)
        for found in [divided.of_plan(rules("1,3"), hosts, list, lambda _host, _by: [])]
    ]
    assert told[0] == told[1]
    assert [len(ring) for ring in told[0]] == [1, 3, 5]


def test_good_news_of_a_plan_approves_no_grave_result_of_the_same_id() -> None:
    """Every plan says disk_space, that there is enough of it: that it is missing later is still new."""
    plan = plan_of(case_of("full"))
    levels: dict[str, set[str]] = {}
    for check in plan["preflight"]:
        levels.setdefault("good" if check["level"] in ("ok", "info") else "grave", set()).add(check["id"])
    assert "disk_space" in levels["good"]
    whole = divided.of_document(document.compose([("h1", plan)], {}, VERSIONS, rings_of("1")))
    assert set(whole.checks or ()) == levels.get("grave", set())
