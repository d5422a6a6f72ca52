"""Every fact of the catalog finds its product on a host with only that fact, and on no host that only looks like it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import windows_case_disks
import windows_cases
from ansible_collections.avshift.endpoint.plugins.module_utils.windows import main
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Product
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.scanners import probes_for, scanners
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.windows import names, reads
from support import CATALOG

WINDOWS = platforms.named("windows")
ASKED = probes_for(CATALOG, WINDOWS.table)
PRODUCTS = {product.id: product for product in (*CATALOG.products, *CATALOG.antivirus) if product.platform == "windows"}
FACTS = [
    (product.id, sign.kind, sign.what)
    for product in PRODUCTS.values()
    for sign in product.signs
    if sign.kind in WINDOWS.table.proving
]
CODE = "{0F05E4E5-5A89-482C-9A62-47CC58643788}"
ADAPTERS = f"64\\{reads.ADAPTERS}\\0007"


def _spelled(pattern: str) -> str:
    """Return a name that a pattern of the catalog means."""
    return re.sub(r"\?", "2", pattern.replace("*", "7"))


def _place(product: Product) -> str:
    """Return a folder of a product on the host."""
    folders = [one for sign in product.signs if sign.kind == "folder" for one in names.spelled(sign.what)]
    told = names.expanded(folders[-1], {key[1:-1].lower(): path for key, path in windows_cases.PLACES.items()})
    return _spelled(told)


def _host(product: Product, kind: str, name: str) -> dict[str, Any]:
    """Return a host that has one fact, by its name."""
    if kind == "uninstall_entry":
        return {"entries": [{"name": name, "version": "1", "publisher": "x", "view": 32}]}
    if kind == "msi_product":
        return {"keys": {f"64\\{reads.UPGRADES}\\{names.packed(name)}": {names.packed(CODE): ""}}}
    if kind == "service":
        of_folder = any(sign.kind == "folder" for sign in product.signs)
        return {"services": {name: (_place(product) if of_folder else "C:\\x") + "\\x.exe"}}
    if kind == "driver":
        path = f"System32\\drivers\\{name}.sys"
        return {"drivers": {name: path}, "files": [f"C:\\Windows\\{path}"]}
    if kind == "vendor_key":
        return {"keys": {f"32\\SOFTWARE\\{name}": {}}}
    if kind == "network_adapter":
        return {"keys": {ADAPTERS: {"DriverDesc": name}}}
    variables = {key[1:-1].lower(): path for key, path in windows_cases.PLACES.items()}
    return {"files": [names.expanded(one, variables) + "\\x.exe" for one in names.spelled(name)]}


def _found(host: dict[str, Any]) -> list[str]:
    assert WINDOWS.collected is not None
    collected = WINDOWS.collected(ASKED, windows_cases.answers(host, ASKED["reads"]))
    return [one["id"] for one in scanners(platforms.evidence(collected), CATALOG)["antivirus"]]


@pytest.mark.parametrize(("product", "kind", "what"), FACTS, ids=str)
def test_fact(product: str, kind: str, what: str) -> None:
    name = _spelled(what)
    # Names are matched ignoring case; a variable in a folder stands for another word.
    assert product in _found(_host(PRODUCTS[product], kind, name if kind == "folder" else name.swapcase()))


def _looks_alike(kind: str, name: str) -> str:
    """Return a name that only contains the expected one."""
    if kind == "msi_product":
        return "{F" + name[2:] if name[1] != "F" else "{E" + name[2:]
    above, slash, last = name.rpartition("\\")
    return f"{above}{slash}x{last}"


@pytest.mark.parametrize(
    ("product", "kind", "what"), [fact for fact in FACTS if not fact[2].rpartition("\\")[2].startswith("*")], ids=str
)
def test_what_only_looks_like_a_fact(product: str, kind: str, what: str) -> None:
    assert product not in _found(_host(PRODUCTS[product], kind, _looks_alike(kind, _spelled(what))))


def _whole(product: Product) -> dict[str, Any]:
    """Return a host that has every fact of a product at once."""
    whole: dict[str, Any] = {"entries": [], "services": {}, "drivers": {}, "files": [], "keys": {}}
    for sign in product.signs:
        if sign.kind in WINDOWS.table.proving:
            for part, told in _host(product, sign.kind, _spelled(sign.what)).items():
                whole[part] = [*whole[part], *told] if isinstance(told, list) else {**whole[part], **told}
    # A folder and a file never have the same name.
    return {**whole, "files": sorted(set(whole["files"]))}


@pytest.mark.parametrize("product", [name for name, product in PRODUCTS.items() if product.signs])
def test_all_facts_of_a_product_at_once_on_a_disk(product: str, tmp_path: Path) -> None:
    root = windows_case_disks.make(_whole(PRODUCTS[product]), tmp_path)
    told = main.main({"root": str(root), "reads": json.dumps(ASKED["reads"])}, check_mode=True)
    assert WINDOWS.collected is not None
    collected = WINDOWS.collected(ASKED, told)
    found = {one["id"]: one for one in scanners(platforms.evidence(collected), CATALOG)["antivirus"]}
    assert product in found
    kinds = {sign.kind for sign in PRODUCTS[product].signs if sign.kind in WINDOWS.table.distinctive}
    assert found[product]["confidence"] == ("confirmed" if len(kinds) > 1 else "probable"), found[product]
