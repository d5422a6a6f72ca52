"""What an administrator asks for is checked before a host is looked at."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Provider
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import goal, selftest, settings
from plans import NOTHING_ASKED
from support import CATALOG

PROVIDER: Provider = CATALOG.providers["clamav"]
LAYOUT: dict[str, Any] = PROVIDER.platforms["debian"]


def _refused(options: dict[str, Any]) -> str:
    with pytest.raises(AvshiftError) as caught:
        settings.settled(PROVIDER, options)
    assert caught.value.code == "option_wrong"
    return str(caught.value)


def test_defaults_are_filled_in() -> None:
    chosen = settings.settled(PROVIDER, {"max_file_size": "9M"})
    assert chosen == {**PROVIDER.options, "max_file_size": "9M"}
    assert PROVIDER.options["max_file_size"] != "9M"


def test_unknown_option_is_refused_with_those_that_there_are() -> None:
    assert "Use one of: database, max_file_size, paths, site_signatures." in _refused({"databse": "site"})


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("paths", "/srv", "list"),
        ("max_file_size", 5, "str"),
        ("site_signatures", [], "dict"),
        ("database", True, "str"),
    ],
)
def test_wrong_type_is_refused(name: str, value: object, wanted: str) -> None:
    assert f"Give a {wanted}." in _refused({name: value})


def test_wrong_choice_is_refused_with_those_that_there_are() -> None:
    assert "Use one of: official, site." in _refused({"database": "mirror"})


NAMES = ["../x.ndb", "a/b.ndb", "/etc/passwd", ".hidden", "..", ".", "", "a\nb.ndb", "a\0b.ndb", 7, None]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_signature_that_is_no_plain_file_name_is_refused(name: Any) -> None:
    assert "site_signatures" in _refused({"site_signatures": {name: "text"}})


@pytest.mark.parametrize("text", [None, 1, ["a"], {"a": "b"}], ids=repr)
def test_signature_that_is_no_text_is_refused(text: object) -> None:
    assert "site_signatures" in _refused({"site_signatures": {"a.ndb": text}})


@pytest.mark.parametrize(
    "options",
    [
        {"max_file_size": "5M\nUser root"},
        {"paths": ["/srv\nOnAccessPrevention no"]},
        {"paths": [["/srv"]]},
        {"paths": [1]},
    ],
    ids=repr,
)
def test_value_that_would_write_another_setting_is_refused(options: dict[str, Any]) -> None:
    _refused(options)


def test_files_hold_the_settings_one_a_line() -> None:
    options = settings.settled(PROVIDER, {"database": "site", "site_signatures": {"b.ndb": "B", "a.ndb": "A"}})
    made = {file.path: file for file in settings.files(LAYOUT, options, ("/srv", "/home"))}
    lines = made["/etc/clamav/clamd.conf"].text.splitlines()
    assert lines[0].startswith("##"), "by that the packages' scripts know that a person owns it"
    assert [line for line in lines if line.startswith("OnAccessIncludePath")] == [
        "OnAccessIncludePath /srv",
        "OnAccessIncludePath /home",
    ]
    assert "OnAccessPrevention yes" in lines
    assert [path for path in made if path.endswith(".ndb")] == ["/var/lib/clamav/a.ndb", "/var/lib/clamav/b.ndb"]
    assert made["/var/lib/clamav/a.ndb"].text == "A"
    assert made["/var/lib/clamav/a.ndb"].after_packages


@pytest.mark.parametrize("database", PROVIDER.choices["database"])
def test_each_file_is_written_once(database: str) -> None:
    paths = [file.path for file in settings.files(LAYOUT, settings.settled(PROVIDER, {"database": database}), ())]
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize(
    ("asked", "code", "named"),
    [
        ({"provider": "norton"}, "provider_unknown", "clamav, .*, or none"),
        ({"also_remove": ["kesl", "ksc"]}, "product_unknown", "kesl, kesl_container, kesl_gui, kess"),
        ({"provider": "clamav", "options": {"x": 1}}, "option_wrong", "option x"),
    ],
)
def test_goal_that_the_catalog_cannot_serve_is_refused(asked: dict[str, Any], code: str, named: str) -> None:
    with pytest.raises(AvshiftError, match=named) as caught:
        goal.of({**NOTHING_ASKED, **asked}, CATALOG)
    assert caught.value.code == code


@pytest.mark.parametrize("path", [None, ""])
def test_missing_approval_is_told_with_what_to_do(path: str | None) -> None:
    with pytest.raises(AvshiftError, match="endpoint_migrate_require_approval") as caught:
        goal.approved_path(path)
    assert caught.value.code == "approval_missing"
    assert goal.approved_path("plan.json") == "plan.json"


@pytest.mark.parametrize(("database", "updater"), [("official", True), ("site", False)])
def test_selftest_wants_the_updater_only_where_it_runs(database: str, updater: bool) -> None:
    asked = selftest.arguments(CATALOG, "clamav", {"database": database})
    assert ("clamav-freshclam.service" in asked["units"]) is updater
    assert asked["socket"] == LAYOUT["engine"]["socket"]


@pytest.mark.parametrize(("asked", "allowed"), [(0, 7), (30, 30)])
def test_selftest_allows_the_age_that_was_asked_for(asked: int, allowed: int) -> None:
    assert selftest.arguments(CATALOG, "clamav", {}, asked)["max_age_days"] == allowed
    assert selftest.arguments(CATALOG, "clamav", {"database": "site"}, asked)["max_age_days"] is None
