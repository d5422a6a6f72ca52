"""A provider is added with one file, which decides how it is planned, enrolled, handed over to and tested."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out import parts
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import loader
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import goal, make, settings
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux import selftest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.staging import vendor
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.staging.vendor_product import secrets_of
from plans import NOTHING_ASKED, planned, wanted_of
from schemas import problems
from support import CATALOG, FIXTURES, collected, load_yaml

ACME = FIXTURES / "provider_acme.yml"
KIT, SUM = "/var/lib/kits/acme.deb", "a" * 64
OPTIONS = {"kit": KIT, "kit_sha256": SUM, "server": "acme.example.org"}
SECRETS = {"key": "k3y of the tenant", "word": "w0rd of the key"}
HOST = collected({"evidence": []})["host"]
PROVIDERS = sorted(name for name, found in CATALOG.providers.items() if found.secrets or found.verifiable)
FRESH: list[dict[str, Any]] = [
    {"path": "/srv"},
    {"kit": KIT, "sha256": SUM},
    {"package_change": "kit", "names": [KIT], "changes": [["install", "acme-guard", "", "1.0"]]},
    {"product_state": "enrolled"},
    {"product_state": "active"},
    {"resources": "/opt"},
]
# Kaspersky's, whose own package is checked too.
OLD: list[dict[str, Any]] = [
    {"package": "kesl", "version": "12.1.0-1297"},
    {"package_change": "remove", "names": ["kesl"], "changes": [["purge", "kesl", "12.1.0-1297", ""]]},
]
DONE: list[dict[str, Any]] = [
    {"path": "/srv"},
    {"package": "acme-guard", "version": "1.0"},
    {"unit": "acme-guard.service"},
    {"interceptor": "/opt/acme/guard"},
    {"product_state": "enrolled", "result": "ok"},
    {"product_state": "active", "result": "ok"},
]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The catalog and one more file."""
    site = tmp_path_factory.mktemp("site")
    (site / "providers").mkdir()
    shutil.copy(ACME, site / "providers/acme.yml")
    return loader.load(sites=(site,))


def _plan(catalog: Catalog, evidence: list[dict[str, Any]], **asked: Any) -> dict[str, Any]:
    aim = goal.of({**NOTHING_ASKED, "provider": "acme", "options": OPTIONS, **asked}, catalog)
    assert make.probes_for(wanted_of(aim, catalog=catalog))["product_state"].keys() == {"enrolled", "active"}
    seen = collected({"evidence": copy.deepcopy(evidence)})
    assert [found for item in seen["evidence"] for found in problems("evidence", {**seen, "evidence": [item]})] == []
    plan = planned(aim, seen, catalog=catalog)
    assert problems("plan", plan) == []
    return plan


def _step(plan: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(step for step in plan["steps"] if step["kind"] == kind)
    return found


def _levels(plan: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["level"] for check in plan["preflight"] if check["level"] != "ok"}


def test_the_file_fits_the_schema() -> None:
    assert problems("provider", load_yaml(ACME)) == []


def test_it_is_staged_passive_and_enrolled_and_switched_in_the_handover(catalog: Catalog) -> None:
    plan = _plan(catalog, FRESH)
    kinds = ["announce", "kit_check", "kit_install", "enrol", "unit", "prove_state", "handover", "finish"]
    assert [step["kind"] for step in plan["steps"]] == kinds
    enrol = _step(plan, "enrol")["target"]
    assert enrol["steps"][1]["argv"] == ["/opt/acme/guard", "join", "acme.example.org"]
    assert enrol["secrets"] == ["key", "word"]
    staged = _step(plan, "prove_state")["target"]["probes"]
    assert [check["id"] for probe in staged for check in probe["checks"]] == ["mode:passive"]
    new = _step(plan, "handover")["target"]["new"]
    assert new["activate"] == [{"argv": ["/opt/acme/guard", "mode", "active"], "limit": 10}]
    assert [check["id"] for probe in new["probes"] for check in probe["checks"]] == ["mode:active"]
    assert new["install"] == []
    assert not plan["blocked"]


def test_it_is_planned_no_second_time(catalog: Catalog) -> None:
    assert _plan(catalog, DONE)["steps"] == []


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({"product_state": "enrolled", "result": "bad"}, {"enrol", "prove_state"}),
        ({"product_state": "active", "result": "bad"}, {"handover"}),
        ({"product_state": "active", "result": "unknown"}, {"handover"}),
        ({"unit": "acme-guard.service", "enabled": "disabled"}, {"unit", "prove_state", "handover"}),
    ],
    ids=str,
)
def test_what_is_missing_is_planned_again(catalog: Catalog, changed: dict[str, Any], kinds: set[str]) -> None:
    name = next(iter(changed.values()))
    evidence = [item for item in DONE if next(iter(item.values())) != name]
    plan = _plan(catalog, [*evidence, changed])
    assert {step["kind"] for step in plan["steps"]} - {"announce", "finish"} == kinds


def test_one_that_bears_no_other_engine_is_installed_in_the_handover(catalog: Catalog, tmp_path: Path) -> None:
    content = {**load_yaml(ACME), "coexistence": "exclusive"}
    (tmp_path / "providers").mkdir()
    (tmp_path / "providers/acme.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    plan = _plan(loader.load(sites=(tmp_path,)), FRESH)
    assert [step["kind"] for step in plan["steps"]] == ["announce", "kit_check", "handover", "finish"]
    handover = _step(plan, "handover")
    assert [step["kind"] for step in handover["target"]["new"]["install"]] == ["kit_install", "enrol"]
    assert {"package": "acme-guard", "change": "created"} in handover["effects"]
    assert _levels(plan)["installed_in_handover"] == "warning"
    sent = parts.arguments(plan, "handover", None, "", SECRETS)
    enrol = next(step for step in sent["steps"] if step["kind"] == "handover")["target"]["new"]["install"][1]
    assert enrol["target"]["values"] == SECRETS


def test_no_plan_and_no_diff_holds_a_secret(catalog: Catalog) -> None:
    plan = _plan(catalog, FRESH)
    sent = parts.arguments(plan, "stage", None, "", SECRETS)
    assert _step({"steps": sent["steps"]}, "enrol")["target"]["values"] == SECRETS
    assert sorted(sent["secrets"]) == sorted(SECRETS.values())
    outcomes = [{"id": step["id"], "outcome": "changed", "facts": {}} for step in sent["steps"]]
    pending = [step["id"] for step in sent["steps"]]
    done = {"changed": True, "outcomes": outcomes, "pending": pending, "failure": None}
    told = json.dumps([plan, parts.result(sent["steps"], "stage", done)])
    assert [secret for secret in SECRETS.values() if secret in told] == []


@pytest.mark.parametrize("part", ["stage", "all"])
def test_nothing_is_begun_without_a_secret(catalog: Catalog, part: str) -> None:
    plan = _plan(catalog, FRESH)
    with pytest.raises(AvshiftError, match=r"word: .*nothing was done") as caught:
        parts.arguments(plan, part, None, "", {"key": "x", "word": ""})
    assert caught.value.code == "secret_missing"
    assert parts.arguments(plan, part, None, "", None)["steps"]
    assert parts.arguments(plan, "remove", None, "", {})["steps"]


PREFLIGHT: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("kit_missing", {"kit": KIT, "gone": True}, {}, "error"),
    ("kit_differs", {}, {"kit_sha256": "b" * 64}, "error"),
    ("kit_differs", {}, {"kit_sha256": ""}, "error"),
    ("kit_replaceable", {"kit": KIT, "sha256": SUM, "mode": "0620"}, {}, "error"),
    ("kit_replaceable", {"kit": KIT, "sha256": SUM, "uid": 1000}, {}, "error"),
    ("kit_replaceable", {"kit": KIT, "sha256": SUM, "replaceable": "/var/lib/kits belongs to UID 1000"}, {}, "error"),
    ("kit_readable", {"kit": KIT, "sha256": SUM, "mode": "0640"}, {}, "error"),
    ("kit_readable", {"kit": KIT, "sha256": SUM, "uid": 1000}, {}, "error"),
    (
        "kit_not_installable",
        {
            "package_change": "kit",
            "names": [KIT],
            "changes": [["install", "acme-guard", "", "1"], ["install", "x", "", "1"]],
        },
        {},
        "error",
    ),
    ("kit_not_installable", {"package_change": "kit", "unknown": "unmet dependencies"}, {}, "error"),
    ("option_missing", {}, {"server": ""}, "error"),
    ("resources_short", {"resources": "/opt", "memory_mb": 1024}, {}, "overridable"),
    ("not_locally_verifiable", {}, {}, "warning"),
    ("secrets_needed", {}, {}, "info"),
]


@pytest.mark.parametrize(("name", "changed", "options", "level"), PREFLIGHT, ids=lambda told: str(told)[:40])
def test_preflight(catalog: Catalog, name: str, changed: dict[str, Any], options: dict[str, Any], level: str) -> None:
    key = tuple(changed.items())[:1]
    evidence = [item for item in FRESH if tuple(item.items())[:1] != key]
    evidence += [changed] if changed and "gone" not in changed else []
    assert _levels(_plan(catalog, evidence, options={**OPTIONS, **options}))[name] == level


def test_whole_preflight_of_a_host_that_has_everything(catalog: Catalog) -> None:
    expected = {"secrets_needed": "info", "not_locally_verifiable": "warning", "replacement_unverified": "warning"}
    assert _levels(_plan(catalog, FRESH)) == {**expected, "site_catalog": "info"}


def test_kit_is_no_package_that_goes_with_the_old_ones(catalog: Catalog) -> None:
    assert "packages_beyond_plan" not in _levels(_plan(catalog, [*FRESH, *OLD]))


def test_selftest_asks_the_product_and_says_what_it_cannot_tell(catalog: Catalog) -> None:
    acme = catalog.providers["acme"]
    asked = selftest.arguments(acme, settings.settled(acme, OPTIONS), HOST)
    assert [check["id"] for check in asked["given"]] == ["age:not_local"]
    assert asked["given"][0]["result"] == "unknown"
    assert asked["units"] == ["acme-guard.service"]
    assert asked["paths"] == ["/srv"]


def test_product_that_is_found_is_asked_and_nothing_else_is_done(catalog: Catalog) -> None:
    asked = selftest.of_product(catalog, "acme", HOST)
    assert asked is not None
    assert asked["probes"]
    assert (asked["socket"], asked["below"], asked["paths"], asked["units"]) == ("", None, [], [])
    assert selftest.of_product(catalog, "clamav", HOST) is None
    assert selftest.of_product(catalog, "nobody", HOST) is None


def test_every_vendor_s_provider_has_the_id_by_which_its_product_is_found() -> None:
    assert set(PROVIDERS) <= {product.id for product in CATALOG.antivirus}


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_of_the_catalog_is_whole(name: str) -> None:
    """Each platform can be installed, has a real-time part, and names no option or secret that is not there."""
    provider = CATALOG.providers[name]
    for layout in provider.platforms.values():
        assert "packages" in layout or "kit" in layout
        assert "real_time" in layout
        assert ("kit" in layout) is ("kit" in provider.options) is ("kit_sha256" in provider.options)
        ages = [check for probe in layout["probes"] for check in probe["checks"] if "age" in check]
        assert bool(ages) is ("max_age_hours" in provider.options)
        text = json.dumps(layout)
        assert set(vendor.PLACE.findall(text)) <= set(provider.options)
        used = {name for step in layout.get("enrolment", {}).get("steps", ()) for name in secrets_of(step)}
        assert used == set(provider.secrets)
        tells_mode = any(
            check["group"] in ("mode", "real_time") for probe in layout["probes"] for check in probe["checks"]
        )
        assert tells_mode is (provider.verifiable["mode"] != "no")
        assert bool(ages) is (provider.verifiable["age"] != "no")
