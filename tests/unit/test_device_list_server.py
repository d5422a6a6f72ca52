"""The list of devices of a management server: each trap of its interface, against a stand-in that speaks TLS."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import console_server
import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list.device import DeviceList
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list.server import calls, listing
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.https import Https
from console_server import PASSWORD, USER, Handler, Server
from schemas import problems

NOW = "2026-11-29T12:00:00Z"
CLOCK = listing.Clock(lambda: NOW, time.monotonic, lambda _seconds: None)
HIERARCHY = listing.Request(secondary_depth=9, search_timeout=30)
Fault = Callable[[Handler, dict[str, Any]], Any]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with console_server.serving(tmp_path) as state:
        yield state


def _read(server: Server, request: listing.Request | None = None, **changed: Any) -> DeviceList:
    link = Https(server.address, changed.pop("timeout", 30), changed.pop("ca_path", server.ca_path))
    account = calls.Account(**{"user": USER, "password": PASSWORD, "internal": True, **changed})
    return listing.read(link, account, request or listing.Request(), CLOCK)


def _refused(server: Server, request: listing.Request | None = None, **changed: Any) -> AvshiftError:
    with pytest.raises(AvshiftError) as caught:
        _read(server, request, **changed)
    for shown in (str(caught.value), repr(caught.value), str(caught.value.__context__)):
        assert PASSWORD not in shown
    return caught.value


@pytest.mark.parametrize("request_", [listing.Request(), HIERARCHY], ids=["one server", "with secondary servers"])
@pytest.mark.parametrize(("is_wrapped", "is_packed"), [(True, False), (False, False), (True, True)])
def test_all_devices_are_read_however_values_are_wrapped_and_answers_packed(
    server: Server, request_: listing.Request, is_wrapped: bool, is_packed: bool
) -> None:
    server.is_wrapped, server.is_packed = is_wrapped, is_packed
    found = _read(server, request_)
    assert found.is_whole
    assert [device.fqdn for device in found.devices] == [f"web{number}.example.org" for number in range(3)]
    first = found.devices[0]
    assert (first.name, first.agent_version, first.group) == ("WEB0", "15.1.0.123", "Managed devices/Web")
    assert (first.last_seen, first.platform, first.host_id) == ("2026-11-28T10:00:00Z", "Linux", "guid-000000")
    assert (found.source.kind, found.source.name, found.source.time) == ("server", server.address, NOW)
    assert problems("device_list", document.compose(found)) == []
    assert document.parse(json.loads(json.dumps(document.compose(found))), "it").devices == found.devices


def test_the_session_is_ended_and_the_result_set_released(server: Server) -> None:
    _read(server, HIERARCHY)
    assert server.methods()[-2:] == ["ChunkAccessor.Release", "Session.EndSession"]
    assert [("Authorization" in headers) for headers in server.headers] == [True] + [False] * (len(server.headers) - 1)


def test_pages_follow_each_other_and_the_first_begins_at_zero(server: Server) -> None:
    server.rows = console_server.devices(1203)
    assert len(_read(server).devices) == 1203
    asked = [(one["nStart"], one["nCount"]) for method, one in server.calls if method.endswith("GetItemsChunk")]
    assert asked == [(0, 500), (500, 500), (1000, 203)]


def test_the_same_rows_have_the_same_sum_and_others_another(server: Server) -> None:
    first = _read(server).source.sha256
    assert _read(server).source.sha256 == first
    server.rows[2]["KLHST_WKS_NAG_VERSION"] = "15.1.0.124"
    assert _read(server).source.sha256 != first


def test_no_method_but_those_that_read_is_sent(server: Server) -> None:
    link = Https(server.address, 30, server.ca_path)
    with calls.Calls(link, calls.Account(USER, PASSWORD)) as session:
        for method in ("HostGroup.RemoveHost", "HostGroup.AddHost", "Tasks.RunTask", "../login", "hostgroup.findhosts"):
            with pytest.raises(AvshiftError) as caught:
                session.call(method, {})
            assert caught.value.code == "method_refused"
    assert server.methods() == ["Session.StartSession", "Session.EndSession"]


@pytest.mark.parametrize(
    "method",
    ["Session.StartSession", "HostGroup.FindHosts", "ChunkAccessor.GetItemsCount", "ChunkAccessor.GetItemsChunk"],
)
def test_an_error_inside_http_200_is_one(server: Server, method: str) -> None:
    server.faults[method] = lambda _handler, _arguments: {
        "PxgError": {
            "code": 1185,
            "module": "KLSTD",
            "message": f"Accessor is gone {PASSWORD}",
            "file": "x",
            "line": 1,
        },
        "PxgRetVal": 0,
    }
    error = _refused(server)
    assert error.code == "server_reported_error"
    assert "1185 Accessor is gone (secret)" in str(error)


def test_a_result_set_that_dies_between_two_pages_is_no_end_of_the_list(server: Server) -> None:
    server.rows = console_server.devices(700)

    def dying(handler: Handler, arguments: dict[str, Any]) -> Any:
        told = handler.on_ChunkAccessor_GetItemsChunk(arguments)
        return told if arguments["nStart"] == 0 else {"PxgError": {"code": 1, "message": "no such accessor"}}

    server.faults["ChunkAccessor.GetItemsChunk"] = dying
    assert _refused(server).code == "server_reported_error"


def test_a_session_that_ends_between_two_pages_is_no_end_of_the_list(server: Server) -> None:
    server.rows = console_server.devices(700)

    def ending(handler: Handler, arguments: dict[str, Any]) -> Any:
        if arguments["nStart"] == 0:
            return handler.on_ChunkAccessor_GetItemsChunk(arguments)
        handler.say({}, 403)
        return None

    server.faults["ChunkAccessor.GetItemsChunk"] = ending
    assert _refused(server).code == "session_refused"


def _hang_up(handler: Handler, arguments: dict[str, Any]) -> Any:
    if arguments.get("nStart") == 0:
        return handler.on_ChunkAccessor_GetItemsChunk(arguments)
    handler.close_connection = True
    return None


def _half(handler: Handler, _arguments: dict[str, Any]) -> Any:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"PxgRetVal": 1, "pChunk": {"KLCSP_ITERATOR_ARRAY": [')
    handler.close_connection = True


@pytest.mark.parametrize(("fault", "code"), [(_hang_up, "server_unreachable"), (_half, "server_answer_wrong")])
def test_a_server_that_goes_away_half_way_leaves_no_list(server: Server, fault: Fault, code: str) -> None:
    server.rows = console_server.devices(700)
    server.faults["ChunkAccessor.GetItemsChunk"] = fault
    assert _refused(server).code == code


def test_secondary_servers_that_did_not_answer_leave_a_gap(server: Server) -> None:
    server.silent = [{"KLSRVH_SRV_ID": 7, "KLSRVH_SRV_DN": "Branch Nord"}, {"KLSRVH_SRV_ID": 8}]
    found = _read(server, HIERARCHY)
    assert not found.is_whole
    assert found.gaps == ["2 secondary servers did not answer: Branch Nord, number 8"]
    assert len(found.devices) == 3
    assert document.parse(document.compose(found), "it").gaps == found.gaps


@pytest.mark.parametrize(
    "told",
    [
        "all of them",
        {"KLGRP_FAILED_SLAVES_PARAMS": {"KLSRVH_SRV_ID": 7}},
        {"KLSRVH_SRV_ID": 7},
        {"KLGRP_FAILED_SLAVES_PARAMS": None},
        [1],
        True,
    ],
)
def test_what_is_said_of_them_in_another_form_leaves_a_gap_too(server: Server, told: Any) -> None:
    server.faults["HostGroup.FindHostsAsyncGetAccessor"] = lambda _handler, _arguments: {
        "strAccessor": "set-1", "PxgRetVal": 3, "pFailedSlavesInfo": told,
    }  # fmt: skip
    assert not _read(server, HIERARCHY).is_whole


@pytest.mark.parametrize("told", [None, {}, [], {"KLGRP_FAILED_SLAVES_PARAMS": []}])
def test_a_list_without_servers_that_did_not_answer_is_whole(server: Server, told: Any) -> None:
    server.faults["HostGroup.FindHostsAsyncGetAccessor"] = lambda _handler, _arguments: {
        "strAccessor": "set-1", "PxgRetVal": 3, "pFailedSlavesInfo": told,
    }  # fmt: skip
    assert _read(server, HIERARCHY).is_whole


def test_a_second_factor_is_named(server: Server) -> None:
    def wants(handler: Handler, _arguments: dict[str, Any]) -> None:
        handler.say({}, 401, {"WWW-Authenticate": "KSCMFA realm=x"})

    server.faults["Session.StartSession"] = wants
    error = _refused(server)
    assert error.code == "second_factor_wanted"
    assert "without a second factor" in str(error)


@pytest.mark.parametrize("changed", [{"password": "wrong"}, {"user": "nobody"}])
def test_a_wrong_account_is_refused(server: Server, changed: dict[str, str]) -> None:
    assert _refused(server, **changed).code == "sign_in_refused"
    assert server.methods() == ["Session.StartSession"]


def test_an_unknown_certificate_is_refused_before_the_password_is_sent(server: Server) -> None:
    error = _refused(server, ca_path=None)
    assert error.code == "server_untrusted"
    assert "ca_path" in str(error)
    assert server.calls == []


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with console_server.serving(tmp_path, "other.example.org") as server:
        assert _refused(server).code == "server_untrusted"
        assert server.calls == []


def test_what_is_not_checked_is_marked(server: Server) -> None:
    link = Https(server.address, 30, None, validate=False)
    account = calls.Account(USER, PASSWORD)
    assert not listing.read(link, account, listing.Request(), CLOCK, verified=False).source.verified


def test_a_server_that_ignores_where_a_page_begins_is_noticed(server: Server) -> None:
    server.rows = console_server.devices(1000)
    server.faults["ChunkAccessor.GetItemsChunk"] = lambda handler, arguments: handler.on_ChunkAccessor_GetItemsChunk(
        {**arguments, "nStart": 0}
    )
    error = _refused(server)
    assert error.code == "server_answer_wrong"
    assert "twice" in str(error)


COUNTS = {
    "it keeps fewer than it found": ("ChunkAccessor.GetItemsCount", {"PxgRetVal": 2}),
    "a count that is text": ("ChunkAccessor.GetItemsCount", {"PxgRetVal": "3"}),
    "a count that is true": ("HostGroup.FindHosts", {"strAccessor": "x", "PxgRetVal": True}),
    "a negative count": ("HostGroup.FindHosts", {"strAccessor": "x", "PxgRetVal": -1}),
    "no accessor": ("HostGroup.FindHosts", {"PxgRetVal": 3}),
    "an accessor of two lines": ("HostGroup.FindHosts", {"strAccessor": "a\r\nX: y", "PxgRetVal": 3}),
    "an empty page": ("ChunkAccessor.GetItemsChunk", {"pChunk": {"KLCSP_ITERATOR_ARRAY": []}}),
    "no page": ("ChunkAccessor.GetItemsChunk", {"PxgRetVal": 3}),
    "rows that are none": ("ChunkAccessor.GetItemsChunk", {"pChunk": {"KLCSP_ITERATOR_ARRAY": [1, 2, 3]}}),
    "more rows than asked for": ("ChunkAccessor.GetItemsChunk", {"pChunk": {"KLCSP_ITERATOR_ARRAY": [{}] * 9}}),
    "a list in an answer's place": ("HostGroup.FindHosts", []),
    "a session of two lines": ("Session.StartSession", {"PxgRetVal": "a\nb"}),
}


@pytest.mark.parametrize("name", COUNTS)
def test_an_answer_of_another_form_is_refused(server: Server, name: str) -> None:
    method, answer = COUNTS[name]
    server.faults[method] = lambda _handler, _arguments: answer
    assert _refused(server).code == "server_answer_wrong"


def test_a_search_that_fails_is_no_empty_list(server: Server) -> None:
    server.faults["AsyncActionStateChecker.CheckActionState"] = lambda _handler, _arguments: {
        "bFinalized": True, "bSuccededFinalized": False, "lStateCode": 0,
    }  # fmt: skip
    assert _refused(server, HIERARCHY).code == "server_search_failed"


def test_a_search_that_never_ends_has_a_limit(server: Server) -> None:
    server.faults["AsyncActionStateChecker.CheckActionState"] = lambda _handler, _arguments: {
        "bFinalized": False, "lNextCheckDelay": 10**9,
    }  # fmt: skip
    waited: list[float] = []
    ticks = iter(range(0, 10_000, 10))
    clock = listing.Clock(lambda: NOW, lambda: float(next(ticks)), waited.append)
    with pytest.raises(AvshiftError) as caught:
        listing.read(Https(server.address, 30, server.ca_path), calls.Account(USER, PASSWORD), HIERARCHY, clock)
    assert caught.value.code == "server_search_failed"
    assert waited and max(waited) <= listing.MOST_WAIT


TIMES = {
    "2026-11-28T10:00:00Z": "2026-11-28T10:00:00Z",
    "2026-11-28T10:00:00.123Z": "2026-11-28T10:00:00Z",
    "2026-11-28T10:00:00+03:00": "2026-11-28T07:00:00Z",
    # Without a zone it could be any hour of three days; the server's "never" is no time.
    "2026-11-28T10:00:00": "",
    "1601-01-01T00:00:00Z": "",
    "yesterday": "",
}


@pytest.mark.parametrize("told", TIMES)
@pytest.mark.parametrize("is_wrapped", [True, False])
def test_times_are_utc_or_unknown(server: Server, told: str, is_wrapped: bool) -> None:
    server.rows[0]["KLHST_WKS_LAST_VISIBLE"] = {"type": "datetime", "value": told} if is_wrapped else told
    assert _read(server).devices[0].last_seen == TIMES[told]


@pytest.mark.parametrize("value", [None, 15, ["15.1"], {"a": "b"}, True, "x" * 5000])
def test_a_value_of_another_type_is_unknown(server: Server, value: Any) -> None:
    server.rows[0]["KLHST_WKS_NAG_VERSION"] = value
    assert _read(server).devices[0].agent_version == ""


def test_a_device_without_any_name_leaves_a_gap(server: Server) -> None:
    server.rows.append({"KLHST_WKS_HOSTNAME": "guid-x", "KLHST_WKS_DN": 5})
    found = _read(server)
    assert len(found.devices) == 3
    assert found.gaps == ["1 devices have no name that can be read"]


def test_the_account_is_given_as_public_clients_do() -> None:
    told = calls.Account("reader", "p", "CORP", internal=False, virtual_server="Branch").headers()
    assert told == {
        "Authorization": 'KSCBasic user="cmVhZGVy", pass="cA==", domain="Q09SUA==", internal="0"',
        "X-KSC-VServer": "QnJhbmNo",
    }


def test_an_empty_list_is_one(server: Server) -> None:
    server.rows = []
    assert _read(server).devices == []


@pytest.mark.parametrize(
    "address",
    [
        "http://ksc:13299",
        "https://u:secret@ksc",
        "https://ksc/path",
        "https://-x",
        "ksc:13299",
        "https://ksc?x",
        "file:///etc/passwd",
    ],
)
def test_an_address_is_a_server_and_nothing_else(address: str) -> None:
    with pytest.raises(AvshiftError) as caught:
        Https(address, 30)
    assert caught.value.code == "server_address_wrong"
    assert "secret" not in str(caught.value)
