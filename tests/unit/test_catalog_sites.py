"""An incomplete catalog is refused, and a site's own one is used, or refused with file and key."""

from __future__ import annotations

import copy
import multiprocessing
import os
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import index, loader, policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import probes
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import Goal
from hypothesis import given
from hypothesis import strategies as st
from plans import planned
from support import FIXTURES, REPOSITORY, load_yaml
from test_schema_check import ANYTHING, broken_copy

DATA = REPOSITORY / "plugins/plugin_utils/catalog/data"
ACME = {**load_yaml(DATA / "products/linux/kesl.yml"), "id": "acme_kes", "name": "Acme appliance with Kaspersky"}
GUARD = load_yaml(FIXTURES / "provider_acme.yml")
POLICY = load_yaml(DATA / "policies/us_bod_17_01.yml")


def _site(folder: Path, entries: dict[str, Any]) -> Path:
    """Write entries, as text or as content, by their paths in the folder."""
    for name, entry in entries.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = entry if isinstance(entry, str) else yaml.safe_dump(entry, allow_unicode=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return folder


# Whole, shortened, absent


def _copy(folder: Path) -> Path:
    return Path(shutil.copytree(DATA, folder / "data"))


def test_the_index_is_that_of_the_entries() -> None:
    assert (DATA / index.NAME).read_text(encoding="utf-8") == index.text_of(DATA), "call make catalog-index"


def _without_products(home: Path) -> None:
    shutil.rmtree(home / "products")


def _without_one(home: Path) -> None:
    (home / "products/linux/kesl.yml").unlink()


def _emptied(home: Path) -> None:
    (home / "products/linux/kesl.yml").write_text("", encoding="utf-8")


def _with_one_more(home: Path) -> None:
    shutil.copy(home / "providers/clamav.yml", home / "providers/clamav2.yml")


def _renamed(home: Path) -> None:
    (home / "antivirus/linux").rename(home / "antivirus/Linux")


def _without_index(home: Path) -> None:
    (home / index.NAME).unlink()


def _with_a_bad_index(home: Path) -> None:
    (home / index.NAME).write_text("[]", encoding="utf-8")


def _all_gone(home: Path) -> None:
    shutil.rmtree(home)


@pytest.mark.parametrize(
    "damage",
    [
        _without_products,
        _without_one,
        _emptied,
        _with_one_more,
        _renamed,
        _without_index,
        _with_a_bad_index,
        _all_gone,
    ],
)
def test_a_catalog_that_is_not_whole_is_refused(damage: Any, tmp_path: Path) -> None:
    home = _copy(tmp_path)
    assert loader.load(home).products
    damage(home)
    with pytest.raises(AvshiftError, match="Install the collection again") as caught:
        loader.load(home)
    assert caught.value.code == "catalog_not_whole"


# A site's own


def test_a_site_adds_and_replaces_and_the_digest_covers_it(tmp_path: Path) -> None:
    ours = {**load_yaml(DATA / "providers/clamav.yml"), "name": "Our ClamAV"}
    site = _site(
        tmp_path / "site",
        {"products/linux/acme_kes.yml": ACME, "providers/acme.yml": GUARD, "providers/clamav.yml": ours},
    )
    plain, whole = loader.load(), loader.load(sites=(site,))
    assert whole.product("acme_kes").name == ACME["name"]
    assert whole.providers["clamav"].name == "Our ClamAV"
    assert set(whole.added) == {"product acme_kes", "provider acme"}
    assert whole.replaced == ("provider clamav",)
    assert [product.id for product in whole.products][: len(plain.products)] == [item.id for item in plain.products]
    _site(site, {"providers/clamav.yml": {**ours, "name": "Ours"}})
    assert len({plain.digest, whole.digest, loader.load(sites=(site,)).digest}) == 3


def test_a_later_folder_comes_before_an_earlier_one(tmp_path: Path) -> None:
    folders = []
    for name in ("first", "second"):
        folders.append(_site(tmp_path / name, {"products/linux/acme_kes.yml": {**ACME, "name": name}}))
    catalog = loader.load(sites=tuple(folders))
    assert catalog.product("acme_kes").name == "second"
    assert (catalog.added, catalog.replaced) == (("product acme_kes",), ("product acme_kes",))


def test_a_policy_of_the_site_is_chosen_by_its_id(tmp_path: Path) -> None:
    site = _site(tmp_path, {"policies/ours.yml": {**POLICY, "id": "ours"}})
    assert [pack.id for pack in policies.load(["ours", "us_bis_2024"], (site,))] == ["ours", "us_bis_2024"]


def test_the_plan_says_what_the_site_s_catalog_did(tmp_path: Path) -> None:
    site = _site(tmp_path, {"products/linux/kesl.yml": load_yaml(DATA / "products/linux/kesl.yml")})
    answer: dict[str, Any] = {"host": {}, "evidence": [], "live": True}
    plan = planned(Goal(True, ""), answer, catalog=loader.load(sites=(site,)))
    told = next(check for check in plan["preflight"] if check["id"] == "site_catalog")
    assert told["diagnosis"] == "replaced: product kesl"


NO_PACKAGES = {key: value for key, value in ACME.items() if key != "name"}
BROKEN = {
    "cut": ("products/linux/acme_kes.yml", "id: [", "acme_kes.yml"),
    "list": ("products/linux/acme_kes.yml", "- id: x", "no dictionary"),
    "bytes": ("products/linux/acme_kes.yml", "id: \udcff", "acme_kes.yml"),
    "newer": ("products/linux/acme_kes.yml", {**ACME, "format_version": 2}, r"\$.format_version: expected exactly 1"),
    "no-name": ("products/linux/acme_kes.yml", NO_PACKAGES, "expected the key name"),
    "class": ("products/linux/acme_kes.yml", {**ACME, "class": "virus"}, r'\$.class: expected one of "product"'),
    "key": ("products/linux/acme_kes.yml", {**ACME, "pakages": []}, "pakages"),
    "path": ("products/linux/acme_kes.yml", {**ACME, "parents": {"directories": ["/opt"]}}, r"\$.parents"),
    "other-id": ("products/linux/acme_kes.yml", {**ACME, "id": "acme"}, r"\$.id: expected the file's own name"),
    "platform": ("products/windows/acme_kes.yml", ACME, r"\$.platform: expected the folder's name"),
    "kind": ("antivirus/linux/acme_kes.yml", ACME, r"\$.class: expected a class of the folder antivirus"),
    "place": ("products/acme_kes.yml", ACME, "expected one of products/"),
    "suffix": ("products/linux/acme_kes.yaml", ACME, "expected one of products/"),
    "folder": ("product/linux/acme_kes.yml", ACME, "expected one of products/"),
    "provider": ("providers/acme.yml", {**GUARD, "coexistence": "friendly"}, r"\$.coexistence: expected one of"),
    "expression": (
        "products/linux/acme_kes.yml",
        {**ACME, "version_from": {**ACME.get("version_from", {}), "link": "/opt/x/y", "pattern": "("}},
        r"\$.version_from",
    ),
    "policy": ("policies/ours.yml", {**POLICY, "id": "ours", "rulings": "x"}, r"\$.rulings: expected an array"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_entry_is_refused_with_file_and_key(name: str, tmp_path: Path) -> None:
    place, content, said = BROKEN[name]
    site = _site(tmp_path, {place: content})
    with pytest.raises(AvshiftError, match=said) as caught:
        loader.load(sites=(site,))
    assert str(site / place) in str(caught.value)
    assert caught.value.code in ("catalog_invalid", "catalog_unreadable")


@given(chance=st.randoms(use_true_random=False), value=ANYTHING)
def test_no_entry_however_broken_ends_in_a_traceback(
    chance: random.Random, value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place, entry = chance.choice((("products/linux/acme_kes.yml", ACME), ("providers/acme.yml", GUARD)))
    site = _site(tmp_path_factory.mktemp("site"), {place: broken_copy(copy.deepcopy(entry), chance, value)})
    try:
        catalog = loader.load(sites=(site,))
    except AvshiftError:
        return
    probes.as_text(platforms.detection(catalog.products))
    answer(platforms.evidence({"host": {}, "evidence": [], "live": True}), catalog)


def test_a_folder_that_is_not_there_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    for folder, code in ((tmp_path / "none", "catalog_unreadable"), (tmp_path, "catalog_dir_empty")):
        with pytest.raises(AvshiftError) as caught:
            loader.load(sites=(folder,))
        assert caught.value.code == code


@pytest.mark.parametrize("place", ["", "products", "products/linux", "products/linux/acme_kes.yml"])
def test_what_every_user_may_write_to_is_refused(place: str, tmp_path: Path) -> None:
    site = _site(tmp_path / "site", {"products/linux/acme_kes.yml": ACME})
    (site / place).chmod(0o777)
    with pytest.raises(AvshiftError) as caught:
        loader.load(sites=(site,))
    assert caught.value.code == "catalog_writable"


def _bomb() -> str:
    lines = ["unknown: &a [" + ", ".join("x" * 9) + "]"]
    lines += [f"k{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    return "\n".join(lines)


PLACE = "products/linux/acme_kes.yml"
TEXT = yaml.safe_dump(ACME)
HOSTILE: dict[str, tuple[str, str]] = {
    "a key twice": (f"{TEXT}\nname: Another\n", r"name stands twice \(line"),
    "a key in a list twice": ("unknown: [{a: 1, a: 2}]", r"a stands twice \(line"),
    "a number as a key": (f"{TEXT}\n1: 2\n", r"a key is no text \(line"),
    "nothing as a key": (f"{TEXT}\n~: 2\n", r"a key is no text \(line"),
    "a list as a key": (f"{TEXT}\n? [a]\n: b\n", r"a key is no text \(line"),
    "an alias of what it stands in": ("unknown: &x [*x]", "an alias leads to what it stands in"),
    "a bomb of aliases": (_bomb(), "more than 200,000 values"),
    "deep brackets": ("unknown: " + "[" * 300_000, "nested more than"),
    "a tag of Python": ("id: !!python/object/apply:os.system [id]", "tag:yaml.org,2002:python/object/apply:os.system"),
    "a vault": ("name: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n", "the tag !vault has no meaning here"),
    "a set": ("packages: !!set {a}", "2002:set has no meaning here"),
    "a tag that does not fit": ("name: !!bool x", "a value is not what its tag says"),
    "a day that is none": ("name: 2026-99-99", "month must be in"),
    "a date for a text": (TEXT.replace(f"name: {ACME['name']}", "name: 2026-11-22"), r"\$.name: expected a string"),
    "a number without end": ("format_version: " + "9" * 5000, "4300"),
    "two documents": (f"{TEXT}---\n{TEXT}", "expected a single document"),
    "a NUL": ("id: a\0b", "special characters are not allowed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_reader_may_have_to_guess_at_is_refused(name: str, tmp_path: Path) -> None:
    content, said = HOSTILE[name]
    site = _site(tmp_path, {PLACE: content})
    with pytest.raises(AvshiftError, match=said) as caught:
        loader.load(sites=(site,))
    assert str(site / PLACE) in str(caught.value)
    assert caught.value.code in ("catalog_invalid", "catalog_unreadable")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["products/linux/acme_kes.YML", "Products/linux/acme_kes.yml", "acme.JSON"])
def test_no_entry_is_passed_over_for_the_spelling_of_its_name(place: str, tmp_path: Path) -> None:
    site = _site(tmp_path, {PLACE: ACME, place: ACME})
    with pytest.raises(AvshiftError, match="expected one of products/") as caught:
        loader.load(sites=(site,))
    assert str(site / place) in str(caught.value)


def test_what_is_hidden_is_no_part_of_it(tmp_path: Path) -> None:
    site = _site(tmp_path / "site", {PLACE: ACME})
    plain = loader.load(sites=(site,))
    hidden = (".github/workflows/ci.yml", "products/linux/._acme_kes.yml", ".git/products/linux/other.yml")
    _site(site, dict.fromkeys(hidden, "\0"))
    assert loader.load(sites=(site,)).digest == plain.digest


def test_a_link_to_an_entry_is_read_and_one_that_leads_nowhere_or_back_is_no_danger(tmp_path: Path) -> None:
    """As a mounted ConfigMap, or a folder that several projects share."""
    real = _site(tmp_path / "shared", {"acme_kes.yml": ACME})
    site = tmp_path / "site"
    (site / "products").mkdir(parents=True)
    (site / "products/linux").symlink_to(real)
    (real / "back").symlink_to(site)
    assert loader.load(sites=(site,)).added == ("product acme_kes",)
    (real / "gone.yml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(AvshiftError) as caught:
        loader.load(sites=(site,))
    assert caught.value.code == "catalog_unreadable"
    assert "gone.yml" in str(caught.value)


def test_what_a_link_leads_to_must_not_lie_where_every_user_may_put_another(tmp_path: Path) -> None:
    shared = _site(tmp_path / "shared", {"acme_kes.yml": ACME})
    site = _site(tmp_path / "site", {"providers/acme.yml": GUARD})
    (site / "products").mkdir()
    (site / "products/linux").mkdir()
    (site / PLACE).symlink_to(shared / "acme_kes.yml")
    assert loader.load(sites=(site,)).added
    shared.chmod(0o777)
    with pytest.raises(AvshiftError, match="every user may write to") as caught:
        loader.load(sites=(site,))
    assert caught.value.code == "catalog_writable"
    assert str(shared) in str(caught.value)


@pytest.mark.parametrize("place", ["products", "products/linux", PLACE])
def test_what_cannot_be_read_is_refused_and_not_passed_over(place: str) -> None:
    """Root may read anything: another user looks."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        site = _site(Path(folder) / "site", {PLACE: ACME, "providers/acme.yml": GUARD})
        loader.own()
        (site / place).chmod(0)
        answers = multiprocessing.get_context("fork").SimpleQueue()
        asking = multiprocessing.get_context("fork").Process(target=_look_as_nobody, args=(site, answers))
        asking.start()
        asking.join()
        assert answers.get() == "catalog_unreadable"


def _look_as_nobody(site: Path, answers: Any) -> None:
    os.setuid(65534)
    try:
        loader.with_sites(loader.own(), (site,))
        answers.put("")
    except AvshiftError as error:
        answers.put(error.code)


def test_a_pipe_in_an_entry_s_place_holds_nobody_up(tmp_path: Path) -> None:
    site = _site(tmp_path, {"providers/acme.yml": GUARD})
    (site / "products/linux").mkdir(parents=True)
    os.mkfifo(site / PLACE)
    with pytest.raises(AvshiftError, match="it is not a regular file"):
        loader.load(sites=(site,))


# What an entry of any platform may say.
OF_ANY = {key: ACME[key] for key in ("format_version", "id", "name", "class")}
TAKEN = {
    "by another vendor's product": {"products/linux/drweb.yml": {**ACME, "id": "drweb"}},
    "on another platform": {PLACE: ACME, "products/windows/acme_kes.yml": {**OF_ANY, "platform": "windows"}},
    "in the same folder": {
        PLACE: ACME,
        "antivirus/linux/acme_kes.yml": {**ACME, "class": "edr"},
    },
}


@pytest.mark.parametrize("name", TAKEN)
def test_an_id_that_another_entry_has_is_refused(name: str, tmp_path: Path) -> None:
    site = _site(tmp_path, TAKEN[name])
    with pytest.raises(AvshiftError, match=r"\$.id: expected one that no") as caught:
        loader.load(sites=(site,))
    assert caught.value.code == "catalog_invalid"


def test_a_policy_of_a_folder_that_anybody_may_write_to_is_refused(tmp_path: Path) -> None:
    site = _site(tmp_path, {"policies/ours.yml": {**POLICY, "id": "ours"}})
    (site / "policies/ours.yml").chmod(0o666)
    with pytest.raises(AvshiftError) as caught:
        policies.load(["ours"], (site,))
    assert caught.value.code == "catalog_writable"


def test_a_policy_of_deep_brackets_does_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "deep.yml"
    path.write_text("rulings: " + "[" * 300_000, encoding="utf-8")
    with pytest.raises(AvshiftError, match="nested more than"):
        policies.load([str(path)])
