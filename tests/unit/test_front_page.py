"""What README.md says is true: its commands, variables, links, verdicts and numbers are the collection's own."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import verdict
from ansible_collections.avshift.endpoint.plugins.plugin_utils.version import VERSION
from schemas import SCHEMAS
from support import REPOSITORY, load_yaml

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")])
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)
LONGEST = 160
LARGEST_EXAMPLE = 300_000


def test_it_can_be_read_in_ten_minutes() -> None:
    assert len(README.splitlines()) <= LONGEST


# What the inclusion checklist and certification look for as headings, and what the page has besides, in its order.
HEADINGS = (
    *("Description", "Status", "Try it", "Requirements", "Installation", "Your first host", "Use cases", "Verdicts"),
    *("Testing", "Contributing", "Support", "Release notes", "Related information", "License"),
)
LINKED = {
    "Installation": ("docs/awx.md",),
    "Your first host": ("docs/first-host.md", "docs/handover.md"),
    "Testing": ("CONTRIBUTING.md",),
    "Contributing": ("CONTRIBUTING.md", "CODE_OF_CONDUCT.md"),
    "Support": ("docs/troubleshooting.md", "SUPPORT.md", "SECURITY.md"),
    "Release notes": ("CHANGELOG.rst", "docs/platforms.md#versions-and-deprecation"),
    "Related information": ("docs/glossary.md",),
}


def _section(heading: str) -> str:
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_it_has_the_headings_that_inclusion_and_certification_ask_for() -> None:
    assert tuple(re.findall(r"^## (.+)$", README, re.MULTILINE)) == HEADINGS
    for heading in HEADINGS:
        assert _section(heading).strip(), heading
    for heading, links in LINKED.items():
        for link in links:
            assert f"({link})" in _section(heading), link
    assert "emantic versioning" in _section("Release notes")
    assert "forum" in _section("Support")
    assert "GPL-3.0-or-later" in _section("License")


def test_the_first_host_has_an_inventory_of_three_lines_with_a_replacement_and_its_options() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", _section("Your first host"), re.DOTALL)
    assert len(text.splitlines()) == 3
    inventory = yaml.safe_load(text)["all"]
    (host,) = inventory["hosts"]
    assert set(inventory["vars"]) == {"avshift_provider", "avshift_provider_options"}
    assert f"-e avshift_hosts={host} " in _section("Your first host")


def test_it_is_cloned_from_where_the_collection_says_that_it_is() -> None:
    assert load_yaml(REPOSITORY / "galaxy.yml")["repository"] in re.findall(r"git clone (\S+)", README)


def test_what_a_newcomer_needs_is_all_there_to_be_typed() -> None:
    typed = re.findall(r"^\$ (.+?)(?:  +# (.+))?$", _section("Installation"), re.MULTILINE)
    words = " && ".join(command for command, _said in typed)
    wanted = ("apt-get update", "apt-get install", "git clone", "collection build", "collection install")
    assert [words.index(word) for word in wanted] == sorted(words.index(word) for word in wanted)
    assert {said.partition(",")[0] for _command, said in typed} == {"", "Debian 12", "Debian 13"}
    # Nothing asks: whoever types it has nothing to answer.
    assert all("--yes" in command for command, _said in typed if "apt-get install" in command)


def test_the_time_that_it_gives_for_the_demo_is_the_demo_s_own() -> None:
    assert "migrates its four hosts in about two minutes" in " ".join(README.split())
    assert "migrate with that plan; about two minutes" in (REPOSITORY / "Makefile").read_text(encoding="utf-8")


def test_commands_call_playbooks_and_targets_that_there_are() -> None:
    assert COMMANDS
    playbooks = {path.stem for path in (REPOSITORY / "playbooks").glob("*.yml")}
    targets = set(re.findall(r"^([a-z][a-z-]*):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"ansible-playbook avshift\.endpoint\.(\w+)", README)) == playbooks - {
        "pull",
        "redact",
        "rollout_status",
        "rollout_stop",
        "rollout_go",
    }
    assert set(re.findall(r"`avshift\.endpoint\.(\w+)`", README)) == playbooks
    assert set(re.findall(r"^\$ make ([a-z-]+)", README, re.MULTILINE)) <= targets


def test_variables_that_are_named_are_in_the_reference_with_the_default_that_is_told() -> None:
    known = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
    for name in set(re.findall(r"\bavshift_\w+", README)):
        assert f"| `{name}` |" in known, name
    # The collection itself counts how many hosts may fail: Ansible's keyword would not count them all.
    assert "max_fail_percentage: 100" in (REPOSITORY / "playbooks" / "migrate.yml").read_text(encoding="utf-8")


def test_version_is_the_collection_s() -> None:
    assert set(re.findall(r"(?<![\d.])\d+\.\d+\.\d+(?!\.?\d)", README)) == {VERSION}


def test_every_verdict_is_there_and_counts_as_clean_where_it_is() -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (yes|no) \| (.+) \|$", README, re.MULTILINE)
    told = {name: clean == "yes" for names, clean, _what in rows for name in re.findall(r"`(\w+)`", names)}
    known = set(SCHEMAS["record"]["properties"]["verdict"]["enum"])
    assert told == {name: name in verdict.CLEAN for name in known}


def test_no_system_is_called_tested_in_ci_before_there_was_a_public_run() -> None:
    for page in ("README.md", "docs/platforms.md"):
        told = [line for line in (REPOSITORY / page).read_text(encoding="utf-8").splitlines() if "tested in CI" in line]
        assert all("none so far" in line or line.startswith("No row says") for line in told), page


def _anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_to_what_there_is(page: object) -> None:
    path = next(one for one in PAGES if one == page)
    for target in re.findall(r"\]\((?!https?:|mailto:|plan\.html)([^)\s]+)\)", path.read_text(encoding="utf-8")):
        name, _hash, anchor = target.partition("#")
        file = (path.parent / name) if name else path
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file.read_text(encoding="utf-8")), target


def test_every_picture_has_a_twin_for_the_dark_and_words_for_whoever_does_not_see_it() -> None:
    pictures = {path.name for path in (REPOSITORY / "docs" / "pictures").glob("*.png")} - {"plan-phone.png"}
    assert {name for name in pictures if name.endswith("-light.png")} == {
        name.replace("-dark.", "-light.") for name in pictures if name.endswith("-dark.png")
    }
    assert {"plan-light.png", "report-light.png", "rollout-light.png", "classes-light.png"} <= pictures
    shown: dict[str, str] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shown |= {name: words for words, name in re.findall(r"!\[([^\]]*)\]\((?:docs/)?pictures/([\w-]+\.png)\)", text)}
        shown |= dict(re.findall(r'<img src="docs/pictures/([\w-]+\.png)" alt="([^"]*)"', text))
    assert set(shown) == {name for name in pictures if name.endswith("-light.png")}
    assert min(len(words) for words in shown.values()) > 60


def test_a_terminal_s_colours_are_the_page_s_and_its_text_is_escaped() -> None:
    spec = importlib.util.spec_from_file_location("terminal", REPOSITORY / "docs" / "tools" / "terminal.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    printed = "\x1b[0;32mok: [a<b]\x1b[0m \x1b[1;35mx\x1b[0;31my"
    assert module.coloured(printed) == (
        "<span class=green>ok: [a&lt;b]</span> <span class=magenta>x</span><span class=red>y</span>"
    )
    captured = (REPOSITORY / "docs/examples/rollout.ansi").read_text(encoding="utf-8")
    page = module.page(captured)
    assert captured.splitlines()[0].removeprefix("$ ") in page
    assert "To go on: ansible-playbook" in page
    assert "\x1b" not in page
    # No folder of the machine on which it ran.
    assert not re.findall(r"(?:/work|/home|/root|/tmp)/\S+", captured)
    # The callback's block of a ring is shown as it was at the ring's end.
    block = "rest: {} of 2 hosts: 1 removed_verified\n  run: 1 of 2 hosts"
    blocks = f"ring {block.format(1)}\n\nring {block.format(2)}"
    printed = f"$ x\nTASK [x]\n{blocks}\n\nPLAY RECAP\n\noutcome  why\n\nTo go on: y\n"
    shown = module.page(printed)
    assert block.format(2) in shown
    assert block.format(1) not in shown
    assert "TASK" not in shown
    assert shown.index("ring rest") < shown.index("outcome")


def test_the_examples_are_what_a_run_writes() -> None:
    spec = importlib.util.spec_from_file_location("examples", REPOSITORY / "docs" / "tools" / "examples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.documents()
    for path, text in made.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: call make examples"
        assert len(text) < LARGEST_EXAMPLE, path.name
    assert {path.name for path in made} == {path.name for path in module.EXAMPLES.iterdir()} - {"rollout.ansi"}


def test_the_examples_are_of_a_fleet_that_was_migrated() -> None:
    examples = REPOSITORY / "docs" / "examples"
    plan, report = ((examples / f"{name}.md").read_text(encoding="utf-8") for name in ("plan", "report"))
    assert "| 1 | pilot | 1 |" in plan
    assert "| removed\\_verified | 4 |" in report
    assert re.search(r"Longest unprotected window: \d\.\d+ s\.", report)
    assert re.search(r"Archived: \d\d files", report)
    assert "planned" not in re.findall(r"^\| (\w+) \|", report, re.MULTILINE)
    record = json.loads((examples / "record-redacted.json").read_text(encoding="utf-8"))
    assert (record["mode"], record["verdict"], record["verification"]["proof"]["result"]) == (
        "migrate",
        "removed_verified",
        "ok",
    )
    # The record's plan is one of the plan's classes, and the site has all of them.
    assert record["outcomes"]["remove"]
    linked = re.findall(r"\(examples/([\w.-]+)\)", (REPOSITORY / "docs" / "samples.md").read_text(encoding="utf-8"))
    assert set(linked) == {path.name for path in examples.iterdir()} - {"rollout.ansi"}
    assert "   samples\n" in (REPOSITORY / "docs" / "docsite" / "index.rst").read_text(encoding="utf-8")
