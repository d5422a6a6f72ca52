"""A site's own catalog: a new product, a new replacement and an entry in place of one, and the collection untouched."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from fidelity import effects
from fidelity.fidelity import judge
from integration import lab, samples, stories
from integration.playbooks import Said
from integration.told import Story, kit, sources_of

HOST = "of-the-site"
PLUGINS = lab.REPOSITORY / "plugins"
EXPORTS, BESIDE_THEM = "/srv/kesl-exports", "/srv/kesl-exports.txt"
OURS = "KESL, with this site's exports"
KIT = "/var/lib/kits/house-guard_3.1-1_amd64.deb"
DIRS = {"avshift_catalog_dirs": ["catalog"]}


def _site(folder: Path) -> Path:
    """Return the site's folder: two entries of its own, and one in place of kesl's, with a path of its own."""
    shutil.copytree(lab.REPOSITORY / "molecule/providers/site", folder)
    entry = yaml.safe_load((PLUGINS / "plugin_utils/catalog/data/products/linux/kesl.yml").read_text(encoding="utf-8"))
    fact = {"source": "SITE", "confidence": "seen"}
    entry["name"] = OURS
    entry["paths"].append({"path": EXPORTS, "scope": "tree", **fact})
    entry["retain"].append({"path": EXPORTS, "holds": "exports of this site", **fact})
    (folder / "products/linux/kesl.yml").write_text(yaml.safe_dump(entry), encoding="utf-8")
    return folder


def _found(story: Story, folder: str) -> dict[str, str]:
    record = story.record(HOST, folder)
    return {one["id"]: one["name"] for one in record["verification"]["collected"]["findings"]}


@pytest.fixture(scope="module")
def collection() -> dict[str, bytes]:
    """What the collection holds before the site's catalog is used."""
    return sources_of(PLUGINS)


@pytest.fixture(scope="module")
def story(collection: dict[str, bytes]) -> Story:
    """The site's host, looked at without its catalog and with it, and planned."""
    options = kit([HOST], KIT)
    begun = Story(stories.SITE, avshift_provider="house_guard", avshift_provider_options=options)
    _site(begun.folder / "catalog")
    lab.observe("before", HOST)
    for name, given in (("without", {}), ("with", DIRS)):
        looked = begun.ran("detect", avshift_detect_dir=name, **given)
        assert looked.returncode == 0, looked.text
    planned = begun.ran("plan", **DIRS)
    assert planned.returncode == 0, planned.text
    return begun


@pytest.fixture(scope="module")
def migrated(story: Story) -> Said:
    """The host has been migrated by the approved plan."""
    said = story.ran("migrate", "--diff", **DIRS, avshift_approved_plan="avshift/plan/plan.json")
    lab.observe("after", HOST)
    return said


def test_the_new_product_is_detected_by_its_own_name(story: Story) -> None:
    without, found = _found(story, "without"), _found(story, "with")
    assert ("unrecognised" in without, "mystery" in without) == (True, False)
    assert ("unrecognised" in found, found["mystery"]) == (False, "The mystery that only this site has")
    assert found["kesl"] == OURS != without["kesl"]


def test_the_plan_says_what_the_site_s_catalog_did(story: Story) -> None:
    plan = story.record(HOST, "avshift/plan/records")["plan"]
    told = next(check["diagnosis"] for check in plan["preflight"] if check["id"] == "site_catalog")
    assert all(word in told for word in ("product mystery", "provider house_guard", "replaced: product kesl")), told
    assert story.ran("plan", avshift_output_dir="unknown").returncode != 0


def test_an_entry_that_has_changed_since_is_refused(story: Story) -> None:
    changed = shutil.copytree(story.folder / "catalog", story.folder / "changed")
    entry = changed / "products/linux/mystery.yml"
    entry.write_text(entry.read_text(encoding="utf-8").replace("only this site", "this site alone"), encoding="utf-8")
    given: dict[str, Any] = {"avshift_catalog_dirs": ["changed"], "avshift_output_dir": "refused"}
    said = story.ran("migrate", **given, avshift_approved_plan="avshift/plan/plan.json")
    assert said.returncode != 0
    assert story.record(HOST, "refused/records")["verdict"] == "refused"
    assert lab.on(HOST, "dpkg-query", "--show", "kesl").returncode == 0


def test_both_products_are_removed_and_the_site_s_replacement_protects(story: Story, migrated: Said) -> None:
    assert migrated.returncode == 0, migrated.text
    record = story.record(HOST)
    assert (record["verdict"], record["failure"]) == ("removed_verified", None)
    for package in ("kesl", "kaspersky-mystery"):
        assert lab.on(HOST, "dpkg-query", "--show", package).returncode != 0
    assert lab.on(HOST, "pgrep", "--full", "/opt/kaspersky").stdout == ""
    assert lab.on(HOST, "test", "-e", EXPORTS).returncode != 0
    assert lab.must(HOST, "cat", BESIDE_THEM) == "beside it, and the owner's\n"
    assert lab.must(HOST, "systemctl", "is-active", "house-guard").strip() == "active"
    assert samples.tried(HOST, "/srv", samples.DETECTABLE, "cat").returncode != 0
    assert samples.tried(HOST, "/srv", samples.CLEAN, "cat").stdout == samples.CLEAN


def test_the_disk_has_changed_as_the_plan_says(story: Story, migrated: Said) -> None:
    plan = effects.of_host(story.folder / "avshift/plan/plan.json", HOST)
    verdict = judge(lab.observed("before", HOST), lab.observed("after", HOST), plan)
    assert (verdict.unexplained, verdict.not_happened) == ([], [])


def test_what_the_site_s_entry_says_is_the_owner_s_is_retained(story: Story, migrated: Said) -> None:
    archives = [step["facts"].get("archive") for step in story.record(HOST)["outcomes"]["remove"]]
    listed = [lab.must(HOST, "tar", "--list", "--file", archive) for archive in archives if archive]
    assert "kesl-exports/weekly/policy.txt" in "".join(listed)


def test_verify_and_report_take_the_same_catalog(story: Story, migrated: Said) -> None:
    verified = story.ran("verify", **DIRS)
    assert verified.returncode == 0, verified.text
    assert story.record(HOST, "avshift/verify")["verdict"] == "removed_verified"
    given = {"avshift_records_dir": "avshift/records", "avshift_report_dir": "report", **DIRS}
    assert story.ran("report", **given).returncode == 0
    row = story.rows("report")[HOST]
    assert (row["verdict"], row["deviations"]) == ("removed_verified", "")
    assert "mystery 1.0-1" in row["found before"]


def test_nothing_of_the_collection_was_changed(migrated: Said, collection: dict[str, bytes]) -> None:
    assert sources_of(PLUGINS) == collection
