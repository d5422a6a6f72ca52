"""The output of providers' command lines is judged as the provider cases say, and never ok by default."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.errors import EndpointError
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.commands import Finished
from ansible_collections.avshift.endpoint.plugins.module_utils.prove import vendor as asked
from ansible_collections.avshift.endpoint.plugins.module_utils.prove.checks import OK, overall
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux.staging import vendor
from parsers import NOON
from support import CATALOG, FIXTURES, REPOSITORY, cases, load_yaml, name_of

CASES = cases("providers")
# A provider that reports nothing about itself has nothing to parse.
TELLING = sorted(
    name for name, provider in CATALOG.providers.items() if any(p.get("probes") for p in provider.platforms.values())
)
PROVIDERS = REPOSITORY / "plugins/plugin_utils/catalog/data/providers"
FORMS = ("healthy", "degraded", "lying", "cut-off", "empty", "other-language", "hostile")


def _probes(provider_id: str, case: dict[str, Any]) -> list[dict[str, Any]]:
    provider = CATALOG.providers[provider_id]
    options = {**provider.options, **case.get("options", {})}
    return vendor.probes(next(iter(provider.platforms.values())), options, case.get("moment", vendor.ACTIVE))


def _answering(outputs: dict[str, Any]) -> Any:
    def run(argv: list[str], timeout: int, stdin: str | None = None, **extra: str) -> Finished:
        answer = outputs.get(" ".join(argv))
        if answer is None:
            raise EndpointError("command_missing", "Running a command", argv[0], "No such file or directory", "Look.")
        if isinstance(answer, str):
            return Finished(0, answer, "")
        return Finished(answer["code"], answer["text"], "")

    return run


def _prove(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    case = load_yaml(path)
    monkeypatch.setattr(asked, "run", _answering(case["outputs"]))
    return list(asked.prove(_probes(path.parent.name, case), _moment(case)))


def _moment(case: dict[str, Any]) -> float:
    """Return when a case is judged, in seconds since 1970: what was captured years ago was new then."""
    return datetime.datetime.fromisoformat(case["at"].replace("Z", "+00:00")).timestamp() if "at" in case else NOON


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_outputs_are_judged_as_expected(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _prove(path, monkeypatch)
    assert {check["id"]: check["result"] for check in found} == load_yaml(path)["expect"]
    assert (overall(found) == OK) is path.stem.startswith("healthy")
    json.dumps(found).encode("ascii")
    assert all(check["detail"].isprintable() for check in found)


def test_every_provider_that_can_be_asked_has_each_form() -> None:
    for name in TELLING:
        stems = [path.stem for path in CASES if path.parent.name == name]
        assert [form for form in FORMS if not any(stem.startswith(form) for stem in stems)] == [], name
    assert {path.parent.name for path in CASES} == set(TELLING)


# The answers of ClamAV's engine are captured in test_database_age.py.
@pytest.mark.parametrize("name", sorted(set(CATALOG.providers) - {"clamav"}))
def test_captured_outputs_of_several_releases_are_there_or_the_catalog_says_that_none_was_found(name: str) -> None:
    captured = {load_yaml(path)["captured"]["release"] for path in CASES if _is_captured(path, name)}
    unknown = load_yaml(PROVIDERS / f"{name}.yml").get("unknown", [])
    assert len(captured) > 1 or any(line.startswith("captured outputs") for line in unknown), captured


def _is_captured(path: Path, name: str) -> bool:
    return path.parent.name == name and "captured" in load_yaml(path)


@pytest.mark.parametrize("name", TELLING)
def test_nothing_is_ok_after_an_exit_code_that_says_that_something_is_wrong(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _healthy(name)
    failed = {command: {"code": 1, "text": text} for command, text in case["outputs"].items()}
    monkeypatch.setattr(asked, "run", _answering(failed))
    assert {check["result"] for check in asked.prove(_probes(name, case), NOON)} == {"unknown"}


@pytest.mark.parametrize("name", TELLING)
def test_product_that_is_not_there_is_unknown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "run", _answering({}))
    results = {check["result"] for check in asked.prove(_probes(name, {}), NOON)}
    assert results == {"unknown"}


def _healthy(name: str) -> dict[str, Any]:
    case: dict[str, Any] = load_yaml(FIXTURES / "providers" / name / "healthy.yml")
    return case


@pytest.mark.parametrize("name", TELLING)
def test_every_beginning_of_a_healthy_answer_says_nothing_bad(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An incomplete answer is never a reason to call a product bad."""
    case = _healthy(name)
    probes = _probes(name, case)
    for command, text in case["outputs"].items():
        for length in range(0, len(text), 3):
            monkeypatch.setattr(asked, "run", _answering({**case["outputs"], command: text[:length]}))
            assert "bad" not in {check["result"] for check in asked.prove(probes, NOON)}


@pytest.mark.parametrize("name", TELLING)
def test_every_check_hangs_on_its_own_field(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything in the healthy case is needed: if nonsense replaces a line, some check is no longer ok."""
    case = _healthy(name)
    probes = _probes(name, case)
    needed = set()
    for command, text in case["outputs"].items():
        lines = text.split("\n")
        for place in range(len(lines)):
            changed = "\n".join([*lines[:place], "zzz", *lines[place + 1 :]])
            monkeypatch.setattr(asked, "run", _answering({**case["outputs"], command: changed}))
            needed |= {check["id"] for check in asked.prove(probes, NOON) if check["result"] != OK}
    assert needed == set(case["expect"])
