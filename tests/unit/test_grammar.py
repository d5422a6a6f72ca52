"""A line is removed only if it is there for the product; tests/fixtures/lines.yml says what happens to each line."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.removal.config_lines.names import Words
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.removal.config_lines.rules import fate
from hypothesis import given
from hypothesis import strategies as st
from support import CATALOG, FIXTURES, load_yaml

TABLE: list[dict[str, Any]] = load_yaml(FIXTURES / "lines.yml")
WORDS = Words.of([CATALOG.product("kesl"), CATALOG.product("kav4proxy")])
CASES = [
    (row["place"], row["path"], line, what)
    for row in TABLE
    for what in ("goes", "stays", "by_hand", "becomes")
    for line in row.get(what, ())
]


@pytest.mark.parametrize(("place", "path", "line", "what"), CASES)
def test_line_has_the_fate_that_the_table_says(place: str, path: str, line: Any, what: str) -> None:
    text, becomes = line if what == "becomes" else (line, None)
    told = fate(place, path, text, WORDS)
    assert (told.goes, told.becomes) == (what in ("goes", "becomes"), becomes)
    assert bool(told.why) == (what == "by_hand")


@given(st.sampled_from(["sudoers", "cron", "squid", "mta", "samba", "autostart", "audit"]), st.text(max_size=60))
def test_line_that_names_no_product_never_goes(place: str, text: str) -> None:
    line = text.replace("\n", " ").strip() or "x"
    assert not fate(place, "/etc/cron.d/site", line, WORDS).goes or WORDS.named_in(line)


@given(st.text(alphabet=" /abc'\"\\;&|<>()$`=:,%*#!-", max_size=40))
def test_odd_lines_are_judged_without_an_error(text: str) -> None:
    for place in ("sudoers", "cron", "squid", "mta", "samba", "autostart"):
        fate(place, "/etc/cron.d/site", f"{text} /opt/kaspersky/kesl/bin/kesl-control {text}", WORDS)


@pytest.mark.parametrize(
    ("line", "brings"),
    [
        ("ExecStart=/usr/bin/apt-get install --yes kesl", True),
        ("ExecStart=/bin/sh -c 'test -e /x || dnf -y install kesl'", True),
        ("rpm -Uvh /srv/kesl-12.1.0-1297.x86_64.rpm", True),
        ("sh /mnt/KESL_12-4.sh", True),
        ("ExecStart=/usr/bin/apt-get install --yes kesl-exporter", False),
        ("ExecStart=/usr/bin/apt-get remove --yes kesl", False),
        ("ExecStart=/usr/bin/systemctl start kesl", False),
        ("# KESL", False),
    ],
)
def test_line_that_would_bring_a_product_back_is_known(line: str, brings: bool) -> None:
    assert WORDS.brings_back(line) is brings
