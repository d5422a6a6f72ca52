"""What the documents say of the catalog and of evidence is what there is."""

from __future__ import annotations

import re

import yaml
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import collector
from schemas import SCHEMAS
from support import CATALOG, REPOSITORY

PAGE = (REPOSITORY / "docs" / "detection.md").read_text(encoding="utf-8")


def test_products_are_listed_with_their_class() -> None:
    told = re.findall(r"^\| `([a-z0-9_]+)` \| ([^|]+) \| ([a-z]+) \|", PAGE, re.MULTILINE)
    assert sorted(told) == sorted((product.id, product.name, product.product_class) for product in CATALOG.products)


def test_products_that_never_go_are_told() -> None:
    for product in CATALOG.products:
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{product.id}` "))
        assert ("never removed" in line) is not (product.may_go((product.id,)))


def test_every_kind_of_evidence_of_a_product_is_explained() -> None:
    besides = {"journal", "container_interceptor", "saved_packet_rule", *collector.PLANNING}
    for kind in set(SCHEMAS["evidence"]["$defs"]["kind"]["enum"]) - besides:
        assert f"`{kind}`" in PAGE, kind


def test_every_problem_is_explained() -> None:
    module = (REPOSITORY / "plugins" / "modules" / "kaspersky_info.py").read_text(encoding="utf-8")
    told = yaml.safe_load(re.search(r'RETURN = r"""(.*?)"""', module, re.DOTALL)[1])  # type: ignore[index]
    words = str(told["findings"]["contains"]["problems"]["description"])
    for problem in SCHEMAS["plan"]["$defs"]["finding"]["properties"]["problems"]["items"]["enum"]:
        assert f"C({problem})" in words
        assert f"`{problem}`" in PAGE
