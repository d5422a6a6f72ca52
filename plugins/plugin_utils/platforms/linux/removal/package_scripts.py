# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which packages have a pre-removal script that cannot succeed, and what is done about it."""

from __future__ import annotations

from collections.abc import Iterator

from ....catalog.model import Product
from ....detect.claims import Claims
from ....detect.evidence import Evidence, Item
from ....plan.model import DIGEST_MARK, REMOVE, Step
from .. import problems
from ..places import OWN_STATE

SET_ASIDE = f"{OWN_STATE}/set-aside"
# The only one that the package manager runs while the package's files are there, and that may keep the package.
SCRIPT = "prerm"


def hopeless(evidence: Evidence, going: list[Product], owned: Claims) -> dict[str, str]:
    """Return {evidence id of a package: why its pre-removal script cannot succeed}."""
    found = {}
    for product in going:
        why = _why(product, owned[product.id], evidence)
        for item in problems.packages_of(owned[product.id]):
            if why and not problems.is_config_only(item):
                found[item["id"]] = why
    return found


def _why(product: Product, items: list[Item], evidence: Evidence) -> str:
    missing = problems.needs_missing(product, evidence)
    if missing:
        return "it needs " + " and ".join(" or ".join(paths) for paths in missing) + ", which is not there"
    if problems.files_gone(product, items, evidence):
        return "it uses the product's files, which are gone: " + _files(product)
    return ""


def _files(product: Product) -> str:
    return " or ".join(problems.essentials(product) or product.of_kind("path"))


def steps(evidence: Evidence, known: list[Item], why: dict[str, str]) -> Iterator[Step]:
    """Yield a step for each script of dpkg's that is set aside; ``known`` are the packages."""
    manager = evidence.value("package_manager", "dpkg") or {"scripts": {}}
    folder = f"{SET_ASIDE}/{DIGEST_MARK}"
    made = [path for path in (SET_ASIDE,) if evidence.value("path", path) is None] + [folder]
    for item in known:
        name = item["value"]["name"]
        script = manager["scripts"].get(name, {}).get(SCRIPT)
        if item["id"] in why and script:
            aside = f"{folder}/{name}.{SCRIPT}"
            yield Step(
                REMOVE,
                "package_repair",
                f"Set aside the pre-removal script of {name}",
                {"package": name, "script": script, "aside": aside},
                f"{script}: it cannot succeed, because {why[item['id']]}",
                f"it lies in {aside}, and {name} is removed without it",
                (item["id"], "package_manager:dpkg"),
                tuple({"path": path, "scope": "file", "change": "created"} for path in (*made, aside)),
                "It is restored, as long as the package is there.",
            )
            made = []
