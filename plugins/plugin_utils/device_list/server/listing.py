# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The list of devices of a management server: whole, or an error, or marked as incomplete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import AvshiftError
from .. import moments
from ..device import MOST_DEVICES, TIMES, Device, DeviceList, Source, some, text_of
from .calls import ASKING, Account, Calls, Link, Object, answer_wrong, number, quietly, text

PAGE = 500
# The longest time for which the server keeps a result set after its last use.
LIFETIME = 7200
EVERY_DEVICE = '(&(KLHST_WKS_FROM_UNASSIGNED=0)(KLHST_WKS_DN="*"))'
FIELDS = {
    "KLHST_WKS_HOSTNAME": "host_id",
    "KLHST_WKS_DN": "name",
    "KLHST_WKS_FQDN": "fqdn",
    "KLHST_WKS_DNSNAME": "dns_name",
    "KLHST_WKS_DNSDOMAIN": "dns_domain",
    "KLHST_WKS_WINHOSTNAME": "netbios_name",
    "KLHST_WKS_WINDOMAIN": "windows_domain",
    "KLHST_WKS_OS_NAME": "platform",
    "KLHST_WKS_NAG_VERSION": "agent_version",
    "KLHST_WKS_RTP_AV_VERSION": "product_version",
    "KLHST_WKS_LAST_VISIBLE": "last_seen",
    "KLHST_WKS_LAST_NAGENT_CONNECTED": "last_connected",
    "KLSRVH_SRV_DN": "server",
    "grp_full_name": "group",
}
GROUP_NAME = "name"
READY, LEAST_WAIT, MOST_WAIT, FIRST_WAIT = 1, 0.2, 5.0, 1.0
AGAIN = "Run again; no part of the list is used."


@dataclass(frozen=True)
class Request:
    """What is asked for: a filter in the server's own language, how many levels of secondary servers (0 for this one
    alone), and how many seconds a search over these may take.
    """

    filter: str = EVERY_DEVICE
    secondary_depth: int = 0
    search_timeout: float = 600


@dataclass(frozen=True)
class Clock:
    """The clock: the time as text in UTC, monotonic seconds, and waiting."""

    moment: Callable[[], str]
    seconds: Callable[[], float]
    wait: Callable[[float], None]


def read(link: Link, account: Account, request: Request, clock: Clock, verified: bool = True) -> DeviceList:
    """Return the server's list. One that a secondary server did not answer for has a gap.

    Raises AvshiftError where the server does not let in, reports an error or goes away: half a list is none.
    """
    begun = clock.moment()
    with Calls(link, account) as calls:
        accessor, count, silent = _found(calls, request, clock)
        try:
            rows, digest = _rows(calls, accessor, count)
        finally:
            quietly(lambda: calls.call("ChunkAccessor.Release", {"strAccessor": accessor}))
    source = Source("server", link.name, begun, digest, verified)
    devices = [_device(row) for row in rows]
    unnamed = sum(not device.is_named for device in devices)
    gaps = [f"{len(silent)} secondary servers did not answer: {some(silent)}"] if silent else []
    gaps += [f"{unnamed} devices have no name that can be read"] if unnamed else []
    preview = {"devices": len(devices) - unnamed, "secondary_depth": request.secondary_depth}
    return DeviceList(source, [device for device in devices if device.is_named], gaps, preview)


def _found(calls: Calls, request: Request, clock: Clock) -> tuple[str, int, list[str]]:
    """Return (ID of the result set, how many devices, names of servers that did not answer)."""
    asked: Object = {
        "wstrFilter": request.filter,
        "vecFieldsToReturn": [*FIELDS, GROUP_NAME],
        "vecFieldsToOrder": [],
        "pParams": {"KLSRVH_SLAVE_REC_DEPTH": request.secondary_depth, "KLGRP_FIND_FROM_CUR_VS_ONLY": False},
        "lMaxLifeTime": LIFETIME,
    }
    if not request.secondary_depth:
        told = calls.call("HostGroup.FindHosts", asked)
        return text(told, "strAccessor", calls.name), number(told, "PxgRetVal", calls.name), []
    search = text(calls.call("HostGroup.FindHostsAsync", asked), "strRequestId", calls.name)
    _wait(calls, search, request, clock)
    told = calls.call("HostGroup.FindHostsAsyncGetAccessor", {"strRequestId": search})
    return text(told, "strAccessor", calls.name), number(told, "PxgRetVal", calls.name), _silent(told, calls.name)


def _wait(calls: Calls, search: str, request: Request, clock: Clock) -> None:
    """Wait until a search is over. The server proposes how long to wait, and is followed within limits."""
    end = clock.seconds() + request.search_timeout
    while True:
        told = calls.call("AsyncActionStateChecker.CheckActionState", {"wstrActionGuid": search})
        if told.get("bFinalized") is True:
            if told.get("bSuccededFinalized") is True and told.get("lStateCode", READY) == READY:
                return
            cause = f"its search failed (state {text_of(str(told.get('lStateCode')))[:40]})"
            raise AvshiftError("server_search_failed", ASKING, calls.name, cause, AGAIN)
        if clock.seconds() >= end:
            cause = f"its search was not over after {request.search_timeout:g} s"
            remedy = "Give a longer search_timeout, or 0 as secondary_depth and ask each server by itself."
            raise AvshiftError("server_search_failed", ASKING, calls.name, cause, remedy)
        delay = told.get("lNextCheckDelay")
        seconds = delay / 1000 if isinstance(delay, int) and not isinstance(delay, bool) else FIRST_WAIT
        clock.wait(min(max(seconds, LEAST_WAIT), MOST_WAIT))


def _silent(told: Object, server: str) -> list[str]:
    """Return the secondary servers that did not answer. A list of them in an unexpected form counts as one server."""
    info = told.get("pFailedSlavesInfo")
    if not info:
        return []
    listed = info.get("KLGRP_FAILED_SLAVES_PARAMS", info) if isinstance(info, dict) else info
    if not isinstance(listed, list):
        listed = [listed]
    return [_name_of(one) for one in listed]


def _name_of(server: object) -> str:
    told = server if isinstance(server, dict) else {}
    return text_of(told.get("KLSRVH_SRV_DN")) or f"number {text_of(str(told.get('KLSRVH_SRV_ID', 'unknown')))}"


def _rows(calls: Calls, accessor: str, count: int) -> tuple[list[Object], str]:
    """Return all rows of a result set, and their SHA-256.

    AvshiftError if the number of rows is not the announced one.
    """
    said = number(calls.call("ChunkAccessor.GetItemsCount", {"strAccessor": accessor}), "PxgRetVal", calls.name)
    if said != count:
        raise answer_wrong(calls.name, f"it found {count} devices and keeps {said}")
    if count > MOST_DEVICES:
        cause = f"it says that it has {count:,} devices, and at most {MOST_DEVICES:,} are read"
        raise AvshiftError("device_list_too_large", ASKING, calls.name, cause, "Ask for parts with the option filter.")
    rows: list[Object] = []
    digest, seen = hashlib.sha256(), set[str]()
    for page in _pages(calls, accessor, count):
        named = {json.dumps([row.get("KLHST_WKS_HOSTNAME"), row.get("KLSRVH_SRV_DN")]) for row in page}
        if named <= seen:
            raise answer_wrong(calls.name, "it gave the same part of the list twice")
        seen |= named
        digest.update(json.dumps(page, sort_keys=True).encode("ascii"))
        rows += [{key: row.get(key) for key in (*FIELDS, GROUP_NAME)} for row in page]
    return rows, digest.hexdigest()


def _pages(calls: Calls, accessor: str, count: int) -> Iterator[list[Object]]:
    start = 0
    while start < count:
        wanted = min(PAGE, count - start)
        asked = {"strAccessor": accessor, "nStart": start, "nCount": wanted}
        told = calls.call("ChunkAccessor.GetItemsChunk", asked)
        chunk: Any = told.get("pChunk")
        page = chunk.get("KLCSP_ITERATOR_ARRAY") if isinstance(chunk, dict) else None
        if not isinstance(page, list) or not all(isinstance(row, dict) for row in page):
            raise answer_wrong(calls.name, "a part of the list is not a list of objects")
        if not 0 < len(page) <= wanted:
            raise answer_wrong(calls.name, f"it gave {len(page)} of {wanted} devices from number {start}")
        yield page
        start += len(page)


def _device(row: Object) -> Device:
    """Return the device of a row. A value of another type, or a time without a zone, is unknown."""
    values = {name: text_of(row[key]) for key, name in FIELDS.items()}
    values["group"] = values["group"] or text_of(row[GROUP_NAME])
    return Device(**{**values, **{name: moments.read(values[name]) for name in TIMES}})
