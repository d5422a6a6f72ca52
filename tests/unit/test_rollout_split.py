"""A controller with only part of a group with a limit is refused, and one that cannot exceed the limit is not."""

from __future__ import annotations

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import split
from hypothesis import given
from hypothesis import strategies as st

HOSTS = [f"h{number}" for number in range(8)]
SOME = st.sets(st.sampled_from(HOSTS))
GROUPS = st.builds(
    lambda hosts, most: {"by": "cluster", "value": "db", "at_once": most, "hosts": sorted(hosts)},
    SOME,
    st.integers(1, 8),
)


def _is_refused(*given_: object) -> bool:
    try:
        split.refuse(*given_)  # type: ignore[arg-type]
    except AvshiftError as error:
        assert error.code == "group_incomplete"
        return True
    return False


@given(GROUPS, SOME, SOME, SOME)
def test_a_run_is_refused_exactly_if_two_controllers_could_exceed_a_limit(
    group: dict[str, object], inventory: set[str], ours: set[str], done: set[str]
) -> None:
    ours &= inventory
    left = set(group["hosts"]) - done  # type: ignore[call-overload]
    may_be_away = len(left) if left & ours and left - inventory else 0
    assert _is_refused([group], inventory, ours, done) == (may_be_away > group["at_once"])  # type: ignore[operator]


@given(GROUPS, SOME)
def test_a_controller_with_all_hosts_is_never_refused(group: dict[str, object], ours: set[str]) -> None:
    assert not _is_refused([group], HOSTS, ours, [])


def test_the_reason_names_group_and_hosts() -> None:
    group = {"by": "cluster", "value": "db", "at_once": 1, "hosts": HOSTS}
    with pytest.raises(AvshiftError, match=r"cluster db: 6 of its 8 hosts are not in this inventory \(h1, h2, h3, …\)"):
        split.refuse([group], ["h0", "h4"], ["h0", "h4"], [])


@pytest.mark.parametrize("is_of_engine", [True, False])
def test_without_a_plan_a_job_of_an_engine_is_refused(is_of_engine: bool) -> None:
    split.refuse_unknown([], is_of_engine)
    groups = [{"by": "cluster_*", "value": "cluster_db", "at_once": 1, "hosts": ["h0"]}]
    if is_of_engine:
        with pytest.raises(AvshiftError, match="groups by cluster_") as caught:
            split.refuse_unknown(groups, True)
        assert caught.value.code == "group_incomplete"
    else:
        split.refuse_unknown(groups, False)
