"""What the documents say about the catalog and about evidence is true."""

from __future__ import annotations

import ast
import re

import yaml
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.runner import KINDS
from ansible_collections.avshift.endpoint.plugins.module_utils.collect import kinds
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Provider
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux import order
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.staging import vendor_product
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import columns, folder, workbook
from ansible_collections.avshift.endpoint.plugins.plugin_utils.version import VERSION
from reports import report_of
from schemas import SCHEMAS
from support import CATALOG, REPOSITORY, load_yaml


def test_version_is_that_of_the_collection() -> None:
    assert load_yaml(REPOSITORY / "galaxy.yml")["version"] == VERSION


PAGE = (REPOSITORY / "docs" / "detection.md").read_text(encoding="utf-8")


def test_products_are_listed_with_their_class() -> None:
    told = re.findall(r"^\| `([a-z0-9_]+)` \| ([^|]+) \| ([a-z]+) \|", PAGE, re.MULTILINE)
    assert sorted(told) == sorted((product.id, product.name, product.product_class) for product in CATALOG.products)


def test_products_that_never_go_are_told() -> None:
    for product in CATALOG.products:
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{product.id}` "))
        assert ("never removed" in line) is not (product.may_go((product.id,)))


def test_every_kind_of_evidence_of_a_product_is_explained() -> None:
    besides = {"journal", "container_interceptor", "saved_packet_rule", *kinds.PLANNING}
    for kind in set(SCHEMAS["linux"]["$defs"]["evidence_kind"]["enum"]) - besides:
        assert f"`{kind}`" in PAGE, kind
    for kind in SCHEMAS["windows"]["$defs"]["evidence_kind"]["enum"]:
        assert f"`{kind}`" in PAGE, kind


def test_every_problem_is_explained() -> None:
    module = (REPOSITORY / "plugins" / "modules" / "kaspersky_info.py").read_text(encoding="utf-8")
    told = yaml.safe_load(re.search(r'RETURN = r"""(.*?)"""', module, re.DOTALL)[1])  # type: ignore[index]
    words = str(told["findings"]["contains"]["problems"]["description"])
    for problem in [name for one in ("linux", "windows") for name in SCHEMAS[one]["$defs"]["problem"]["enum"]]:
        assert f"C({problem})" in words
        assert f"`{problem}`" in PAGE


PROVIDERS = (REPOSITORY / "docs" / "providers.md").read_text(encoding="utf-8")
CLASSES = {"passive_capable": "passive", "exclusive": "exclusive", "on_demand_first": "on demand first"}
FROM = {"deb": ".deb file", "installer": "installer file"}


def _row(provider: Provider) -> list[str]:
    layout = next(iter(provider.platforms.values()))
    steps = layout.get("enrolment", {}).get("steps", ())
    in_arguments = {name for step in steps for name in vendor_product.argument_secrets(step)}
    names = [f"`{name}`" + (" (argument)" if name in in_arguments else "") for name in provider.secrets]
    kit = layout.get("kit", {})
    return [
        f"`{provider.id}`",
        provider.name,
        CLASSES[provider.coexistence],
        FROM[kit["form"]] if kit else "repository",
        ", ".join(names) or ("the installer itself" if kit.get("secret") else "none"),
        *(provider.verifiable[name] for name in ("detection", "mode", "age")),
    ]


def test_every_vendor_s_product_is_told_with_what_can_be_known_of_it() -> None:
    asked = [found for found in CATALOG.providers.values() if found.verifiable]
    rows = [line.strip("| ").split(" | ") for line in PROVIDERS.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(_row(provider) for provider in asked)


def test_everything_that_vendors_products_are_asked_and_may_not_claim_is_told() -> None:
    told = " ".join(PROVIDERS.split())
    for provider in (found for found in CATALOG.providers.values() if found.verifiable):
        layout = next(iter(provider.platforms.values()))
        own = told.partition(f"### {provider.name} ")[2].partition(" ### ")[0]
        for check in (check for probe in layout["probes"] for check in probe["checks"]):
            names = [check["field"]] if isinstance(check["field"], str) else check["field"]
            assert check.get("moment") == "staged" or f"`{check['group']}: {names[0]}`" in own
        assert f"`{layout['real_time']['unit']}`" in own
        for claim in provider.claims:
            assert " ".join(claim.split()) in own
    assert "**Nothing that is said about them here was ever run with the real product.**" in PROVIDERS


REMOVAL = (REPOSITORY / "docs" / "removal.md").read_text(encoding="utf-8")
ENGINE = REPOSITORY / "plugins" / "plugin_utils"


def _checks_in_code() -> dict[str, set[str]]:
    """Return the ids of all preflight results with all levels except ``ok``, as they are written in the code."""
    found: dict[str, set[str]] = {}
    for path in sorted(ENGINE.rglob("preflight/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Check":
                name, level = node.args[:2]
                assert isinstance(name, ast.Constant), f"{path.name}:{node.lineno}"
                texts = {part.value for part in ast.walk(level) if isinstance(part, ast.Constant)}
                found.setdefault(str(name.value), set()).update(texts & LEVELS)
    return found


LEVELS = {"error", "overridable", "warning", "info"}


def test_every_preflight_result_is_explained_with_its_levels() -> None:
    table = REMOVAL.partition("## What keeps a host from being changed")[2]
    told = dict(re.findall(r"^\| `([a-z_]+)` \| ([a-z, ]+) \|", table, re.MULTILINE))
    known = _checks_in_code()
    assert set(told) == set(known)
    wrong = {name: levels for name, levels in known.items() if not levels <= set(told[name].split(", "))}
    assert wrong == {}


def test_every_step_of_removal_is_explained_in_its_order() -> None:
    """An upper row may name two steps; parents_remove is a path_remove."""
    heads = [line.split(" | ")[0] for line in REMOVAL.splitlines() if line.startswith("| `")]
    told = [name for head in heads for name in re.findall("`([a-z_]+)`", head) if name in order.KINDS]
    placed = order.KINDS.index
    assert [name for name in told if placed(name) >= placed("handover")] == [
        name for name in order.KINDS[placed("handover") :] if name != "parents_remove" and name in KINDS
    ]


REPORTS = (REPOSITORY / "docs" / "reports.md").read_text(encoding="utf-8")


def test_every_file_and_column_of_a_report_is_explained() -> None:
    part = REPORTS.partition("## report.csv and the sheet Hosts")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE) == list(columns.HOSTS)
    files = re.findall(r"^\| `([^`]+)` \|", REPORTS.partition("## How to read it")[0], re.MULTILINE)
    assert sorted(files) == sorted((*folder.NAMES, folder.SUMS))


def test_every_sheet_of_the_workbook_is_explained() -> None:
    told = {
        name: re.findall("`([^`]+)`", cells)
        for name, cells in re.findall(r"^\| (\w[\w ]*) \| (`.*) \|$", REPORTS, re.MULTILINE)
    }
    with report_of([]) as report:
        tables = {table.name: list(table.header) for table in workbook.tables(report)}
    assert tables.pop("Hosts") == list(columns.HOSTS)
    assert told == tables


def test_the_glossary_is_in_order_and_has_the_words_that_documents_use() -> None:
    page = (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8").partition("| --- | --- |\n")[2]
    words = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    assert words == sorted(words, key=str.casefold)
    assert {"batch", "digest", "forecast", "gate", "point of no return", "redacted", "ring", "verdict"} <= set(words)


def test_there_is_one_name_for_the_point_of_no_return() -> None:
    pages = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    assert [page.name for page in pages if "moment of no return" in page.read_text(encoding="utf-8")] == []


CLAMAV = (REPOSITORY / "docs" / "clamav.md").read_text(encoding="utf-8")


def _told_default(default: object) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    words = ", ".join(default) if isinstance(default, (list, dict)) else str(default)
    return f"`{words}`" if words else "nothing"


def test_every_option_of_clamav_is_explained_as_the_catalog_has_it() -> None:
    told = re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \| ([^|]+) \|$", CLAMAV, re.MULTILINE)
    provider = CATALOG.providers["clamav"]
    assert [row for row in told if row[0] in provider.options] == [
        (name, _told_default(default), " ".join(provider.rules[name]["help"].split()))
        for name, default in provider.options.items()
    ]


def test_every_value_of_database_has_its_recipe() -> None:
    for choice in CATALOG.providers["clamav"].choices["database"]:
        assert f"database: {choice}\n" in CLAMAV, choice


def test_every_system_that_clamav_was_tried_on_is_told_and_no_other() -> None:
    table = CLAMAV.partition("## Platforms")[2].partition("## Limits")[0]
    tried = [line for line in table.splitlines() if "for real" in line]
    told = {f"debian {number}" for line in tried for number in re.findall(r"\b1[0-9]\b", line.split("|")[1])}
    platforms = CATALOG.providers["clamav"].platforms
    assert told == {name for layout in platforms.values() for name in layout["verified"]}


# Ansible splits what -e passes as key=value at blanks, after the shell has removed the quotes.
CUT = re.compile(r"""-e \w+=(["'])[^"'\n]*\s[^"'\n]*\1""")


def test_no_command_gives_a_variable_of_which_ansible_takes_the_first_word_alone() -> None:
    assert CUT.search('-e avshift_approver="Ada Lovelace"')
    assert not CUT.search("""-e "avshift_approver='Ada Lovelace'" -e avshift_approve_reason=CHG-1""")
    pages = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    found = [f"{page.name}: {cut[0]}" for page in pages for cut in CUT.finditer(page.read_text(encoding="utf-8"))]
    assert found == []
