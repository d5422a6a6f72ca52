"""fwmarks belong to the product if its own configuration says so: a default never deletes a rule."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import collector
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.files import ini_values
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.network import packet_marks
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import unknowns
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux import marks
from hypothesis import given
from hypothesis import strategies as st
from plans import case_of, plan_of
from support import CATALOG, FIXTURES, evidence, load_yaml

KEY = "NtpFwMark"
TOLD: list[dict[str, Any]] = load_yaml(FIXTURES / "marks.yml")
SETTINGS = [
    (product.id, *setting.rstrip("]").split("["))
    for product in CATALOG.products
    for _mark, setting in product.mark_settings
]


def _data(case: dict[str, Any]) -> bytes:
    return base64.b64decode(case["bytes64"]) if "bytes64" in case else case["text"].encode()


def _text(case: dict[str, Any]) -> str:
    return _data(case).decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case["name"])
def test_setting_gives_a_mark_nothing_or_is_not_known(case: dict[str, Any]) -> None:
    if case["mark"] is None:
        with pytest.raises(ValueError, match=r"plain text|unknown form|not one mark"):
            ini_values.mark_of(_text(case), KEY)
    else:
        assert ini_values.mark_of(_text(case), KEY) == case["mark"]


@given(st.text(alphabet="NtpFwMark=0x26/;#[] \r\n\0٦\udcff", max_size=60))
def test_no_text_gives_a_mark_that_it_does_not_hold(text: str) -> None:
    try:
        mark = ini_values.mark_of(text, KEY)
    except ValueError:
        return
    assert mark == "" or mark[2:] in text.lower().replace("0x0", "0x")


@pytest.mark.parametrize(("product_id", "file", "key"), SETTINGS)
@pytest.mark.parametrize("case", TOLD, ids=lambda case: case["name"])
def test_host_with_a_setting_that_is_not_understood_is_not_complete(
    case: dict[str, Any], product_id: str, file: str, key: str, tmp_path: Path
) -> None:
    path = tmp_path / file[1:]
    path.parent.mkdir(parents=True)
    path.write_bytes(_for_key(_data(case), key))
    asked = {kind: what for kind, what in platforms.detection(CATALOG.products).items() if kind == "ini_value"}
    seen = platforms.evidence(collector.collect(asked, str(tmp_path)))
    told = [told for told in unknowns.told(seen, CATALOG.products, [product_id]) if told["id"].endswith(f"[{key}]")]
    assert [(one["bears"], one["products"]) for one in told] == ([(True, [product_id])] if case["mark"] is None else [])
    of_host, default = marks.of(seen, [CATALOG.product(product_id)]), _default(product_id, f"{file}[{key}]")
    # For a setting that is not understood, not even the default is assumed.
    assert of_host.named == ({case["mark"]} if case["mark"] else set())
    assert (default in of_host.assumed) is (case["mark"] == "" and default != "")


def _for_key(data: bytes, key: str) -> bytes:
    wide = data.replace(KEY.encode("utf-16-le"), key.encode("utf-16-le"))
    return wide.replace(KEY.encode(), key.encode()).replace(KEY.lower().encode(), key.lower().encode())


def _default(product_id: str, setting: str) -> str:
    return {what: mark for mark, what in CATALOG.product(product_id).mark_settings}[setting]


def test_marks_that_files_set_are_looked_for_besides_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "set.ini").write_text("NtpFwMark=0x600\nBypassFwMark=yes\n", encoding="utf-8")
    asked = [{"file": f"/{file}.ini", "key": key} for file in ("set", "absent") for key in (KEY, "BypassFwMark")]
    look = Look(str(tmp_path))
    assert packet_marks.wanted_marks({"marks": ["0x200"], "set_by": asked}, look) == {"0x200", "0x600"}


def _deleted(plan: dict[str, Any]) -> list[str]:
    steps = [step for step in plan["steps"] if step["kind"] == "packet_marks_remove"]
    return [rule["rule"] for step in steps for rule in step["target"]["rules"]]


def test_marks_that_were_moved_are_deleted_and_the_defaults_are_the_owner_s() -> None:
    plan = plan_of(case_of("marks-in-ini"))
    assert _deleted(plan) == [
        "410: from all fwmark 0x700 lookup main",
        "-A OUTPUT -m mark --mark 0x600 -j ACCEPT",
        "-A OUTPUT -p udp -m udp --dport 53 -j MARK --set-xmark 0x700/0xffffffff",
    ]
    assert not any("0x200" in str(part) for part in (plan["steps"], plan["findings"], plan["preflight"]))


@pytest.mark.parametrize("value", [None, ""], ids=["no file", "silent"])
def test_rules_with_a_default_mark_are_reported_and_stay(value: str | None) -> None:
    case = case_of("packet-marks")
    case["evidence"] = [
        {**item, "value": value} if "ini_value" in item else item
        for item in case["evidence"]
        if value is not None or "ini_value" not in item
    ]
    plan = plan_of(case)
    assert _deleted(plan) == []
    (told,) = [check for check in plan["preflight"] if check["id"] == "packet_marks_shared"]
    assert "-A OUTPUT -m mark --mark 0x200 -j ACCEPT" in told["diagnosis"]
    assert told["diagnosis"].endswith("names 0x200, 0x400.")
    assert "left_in_place" in {check["id"] for check in plan["preflight"]}


def test_setting_that_is_not_understood_stops_the_plan_and_deletes_nothing_by_default() -> None:
    case = case_of("packet-marks")
    case["evidence"] = [
        {"ini_value": item["ini_value"], "unknown": "NtpFwMark is '-1', and not one mark as 0x..."}
        if "ini_value" in item and "NtpFwMark" in item["ini_value"]
        else item
        for item in case["evidence"]
    ]
    plan = plan_of(case)
    assert plan["blocked"]
    assert "evidence_unknown" in {check["id"] for check in plan["preflight"] if check["level"] == "error"}
    assert not any("0x200" in rule for rule in _deleted(plan))
    assert marks.of(evidence(case), [CATALOG.product("kesl")]) == marks.Marks(frozenset({"0x400"}), frozenset())
