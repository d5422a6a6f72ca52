"""An administrator's settings are checked before a host is looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import schema
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Provider
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import goal, settings
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux import selftest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.staging import layout_files
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema.keywords import FORMATS
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from plans import NOTHING_ASKED
from support import CATALOG, HOST

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
    assert "Use one of: alert_unit, apparmor_rules, " in _refused({"databse": "site"})


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("paths", "/srv", "an array"),
        ("max_file_size", 5, "a string"),
        ("site_signatures", [], "an object"),
        ("database", True, "a string"),
        ("threads", True, "an integer"),
        ("threads", "4", "an integer"),
        ("threads", 1.5, "an integer"),
        ("threads", None, "an integer"),
        ("prevention", 1, "a boolean"),
        ("prevention", "yes", "a boolean"),
    ],
)
def test_wrong_type_is_refused_and_never_converted(name: str, value: object, wanted: str) -> None:
    message = _refused({name: value})
    assert f"option {name}: expected {wanted}, found " in message
    assert message.endswith(PROVIDER.rules[name]["help"])


def test_number_without_a_fraction_is_written_as_an_integer() -> None:
    assert repr(settings.settled(PROVIDER, {"threads": 2.0})["threads"]) == "2"


def test_wrong_choice_is_refused_with_those_that_there_are() -> None:
    message = _refused({"database": "mirror"})
    assert 'expected one of "official", "private_mirror", "custom", "site", found "mirror"' in message


def test_message_names_the_item_and_what_it_has_to_match() -> None:
    message = _refused({"mirrors": ["http://a.example.org", "a b"]})
    assert (
        f'option mirrors[1]: expected text that matches {PROVIDER.rules["mirrors"]["pattern"]}, found "a b"' in message
    )


@pytest.mark.parametrize("name", [1, None, True, ("a",), "a\nb\x1b[31m"], ids=repr)
def test_option_whose_name_is_no_name_is_refused_in_one_line(name: Any) -> None:
    assert _refused({name: 1}).isprintable()


@pytest.mark.parametrize("provider", CATALOG.providers.values(), ids=lambda provider: str(provider.id))
def test_defaults_fit_what_the_catalog_says_of_them(provider: Provider) -> None:
    for name, rule in provider.rules.items():
        asked = settings.schema_of(rule)
        assert schema.violations_of(asked, rule["default"], name) == []
        assert Draft202012Validator(asked).is_valid(rule["default"])
        Draft202012Validator.check_schema(asked)


# Values that look alike to one validator or the other, and what the options of this provider take.
VALUES = st.one_of(
    st.sampled_from([True, False, 0, 1, -1, 2.0, 1.5, "", "1", "/srv", "/srv/a b", "site", "5M", "a.ndb", "x\n", None]),
    st.text(max_size=5),
)
ASKED = st.one_of(
    VALUES,
    st.lists(VALUES, max_size=3),
    st.dictionaries(st.sampled_from(["a.ndb", "a.txt", "../a.ndb", ".ndb", "a.ndb\n", ""]), VALUES, max_size=2),
)
OWN_FORMATS = FormatChecker(())
for _own, (_fits, _words) in FORMATS.items():
    OWN_FORMATS.checks(_own)(lambda value, fits=_fits: not isinstance(value, str) or bool(fits(value)))


@given(name=st.sampled_from(sorted(PROVIDER.options)), value=ASKED)
def test_what_is_refused_is_what_the_library_refuses(name: str, value: Any) -> None:
    asked = settings.schema_of(PROVIDER.rules[name])
    library = Draft202012Validator(asked, format_checker=OWN_FORMATS)
    assert library.is_valid(value) is (not schema.violations_of(asked, value, name))


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
    made = {file.path: file for file in layout_files.files(LAYOUT, {**options, "paths": ["/srv", "/home"]})}
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


NEEDED = {"mirrors": ["https://mirror.example.org"], "custom_urls": ["file:///srv/feed/site.ldb"]}


@pytest.mark.parametrize("database", PROVIDER.choices["database"])
def test_each_file_is_written_once(database: str) -> None:
    options = settings.settled(PROVIDER, {**NEEDED, "database": database})
    paths = [file.path for file in layout_files.files(LAYOUT, options)]
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
    with pytest.raises(AvshiftError, match="avshift_require_approval") as caught:
        goal.approved_path(path)
    assert caught.value.code == "approval_missing"
    assert goal.approved_path("plan.json") == "plan.json"


def _asked(options: dict[str, Any], max_age_days: int = 0) -> dict[str, Any]:
    return selftest.arguments(PROVIDER, settings.settled(PROVIDER, options), HOST, max_age_days)


@pytest.mark.parametrize(("database", "updater"), [("official", True), ("site", False)])
def test_selftest_wants_the_updater_and_an_age_only_where_it_runs(database: str, updater: bool) -> None:
    asked = _asked({"database": database})
    assert ("clamav-freshclam.service" in asked["units"]) is updater
    assert (asked["max_age_days"] is not None) is updater
    assert asked["socket"] == LAYOUT["engine"]["socket"]


@pytest.mark.parametrize(("asked", "allowed"), [(0, 7), (30, 30)])
def test_selftest_allows_the_age_that_was_asked_for(asked: int, allowed: int) -> None:
    assert _asked({}, asked)["max_age_days"] == allowed
    assert _asked({"database": "site"}, asked)["max_age_days"] is None


def _text(path: str, options: dict[str, Any]) -> str:
    chosen = settings.settled(PROVIDER, options)
    return next((file.text for file in layout_files.files(LAYOUT, chosen) if file.path == path), "")


UPDATER, CUSTOM = "/etc/clamav/avshift-freshclam.conf", "/etc/clamav/avshift-freshclam-custom.conf"
MIRROR = {"mirrors": ["http://clamav.example.org"]}
DAEMON = "/etc/systemd/system/clamav-daemon.service.d/avshift.conf"
CLAMONACC = "/etc/systemd/system/avshift-clamonacc.service"
ENGINE, PROFILE = "/etc/clamav/clamd.conf", "/etc/apparmor.d/local/usr.sbin.clamd"


@pytest.mark.parametrize(
    ("path", "options", "there", "not_there"),
    [
        (UPDATER, {}, ["DatabaseMirror database.clamav.net"], ["PrivateMirror", "ScriptedUpdates", "HTTPProxy"]),
        (UPDATER, MIRROR, ["DatabaseMirror http://clamav.example.org", "DNSDatabaseInfo no"], ["database.clamav.net"]),
        (
            UPDATER,
            {"database": "private_mirror", **MIRROR},
            ["PrivateMirror http://clamav.example.org", "ScriptedUpdates no"],
            ["DatabaseMirror"],
        ),
        (UPDATER, {"proxy_server": "p", "proxy_port": 1}, ["HTTPProxyServer p", "HTTPProxyPort 1"], []),
        (UPDATER, {"proxy_server": "p"}, ["HTTPProxyServer p"], ["HTTPProxyPort"]),
        (CUSTOM, {**NEEDED}, ["DatabaseCustomURL file:///srv/feed/site.ldb"], ["PrivateMirror"]),
        (DAEMON, {}, ["Restart=always"], ["ConditionPathExistsGlob="]),
        (DAEMON, {"database": "custom", **NEEDED}, ["ConditionPathExistsGlob=\n"], []),
        (CLAMONACC, {}, ["--fdpass", "BindsTo=clamav-daemon.service"], ["--move", "install -d"]),
        (CLAMONACC, {"quarantine": "/var/q"}, ["--move=/var/q", "install -d -m 0700 /var/q"], []),
        (ENGINE, {"quarantine": "/var/q"}, ["OnAccessExcludePath /var/q"], []),
        (ENGINE, {"prevention": False}, ["OnAccessPrevention no"], ["VirusEvent"]),
        (ENGINE, {"exclude_users": ["backup"]}, ["OnAccessExcludeUname clamav\nOnAccessExcludeUname backup"], []),
        (PROFILE, {"paths": ["/srv"], "apparmor_rules": ["/x r,"]}, ['"/srv/**" r,\n', "/x r,\n"], ["Ux"]),
        (PROFILE, {"virus_event": "#!/bin/sh"}, ["/etc/clamav/avshift-virus-event Ux,"], []),
    ],
)
def test_options_reach_their_file(path: str, options: dict[str, Any], there: list[str], not_there: list[str]) -> None:
    text = _text(path, options)
    assert [part for part in there if part not in text] + [part for part in not_there if part in text] == [], text


@pytest.mark.parametrize("options", [{"database": "custom"}, {"database": "private_mirror"}], ids=repr)
def test_database_without_what_it_needs_is_refused(options: dict[str, Any]) -> None:
    assert "needs it" in _refused(options)


@pytest.mark.parametrize(
    "options",
    [
        {"site_signatures": {"readme.txt": "x"}},
        {"site_signatures": {"daily.cvd": "x"}},
        {"custom_urls": ["/srv/feed/x.ldb"]},
        {"custom_urls": ["https://example.org/"]},
        {"paths": ["/"]},
        {"paths": ["srv"]},
        {"paths": ["/srv%n"]},
        {"quarantine": "/q"},
        {"quarantine": "/var/q --help"},
        {"proxy_environment_file": "/etc/x\nUser=y"},
        {"threads": 0},
        {"threads": True},
        {"prevention": 1},
        {"socket_mode": "777"},
    ],
    ids=repr,
)
def test_value_that_the_engine_would_take_for_something_else_is_refused(options: dict[str, Any]) -> None:
    _refused(options)


@pytest.mark.parametrize("family", sorted(PROVIDER.platforms))
def test_every_option_means_something_on_every_platform_or_is_told_not_to(family: str) -> None:
    layout = PROVIDER.platforms[family]
    told = json.dumps(layout)
    used = {name for name in PROVIDER.options if f'"{name}"' in told or f"@{name}@" in told}
    without = set(layout["without"])
    assert {name for name in PROVIDER.options if name not in used} <= without
    assert [name for name in without if f'"option": "{name}"' in told or f'"each": "{name}"' in told] == []


@pytest.mark.parametrize(
    "before", ["", "mine\n", "mine", "a\n# avshift.endpoint: begin\nold\n# avshift.endpoint: end\nb\n"]
)
def test_block_leaves_the_rest_of_a_file_alone(before: str) -> None:
    file = layout_files.File("/etc/x/y", "0644", "new\n", False, block=True)
    after = file.within(before)
    assert "new\n" in after
    assert "old" not in after
    assert file.within(after) == after
    begin, end = after.index(layout_files.BEGIN), after.index(layout_files.END) + len(layout_files.END)
    assert [line for line in (after[:begin] + after[end:]).split("\n") if line] == [
        line for line in before.split("\n") if line in ("mine", "a", "b")
    ]
