"""AWX's own modules accept the files that are shipped for AWX, and the files name nothing that the collection lacks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.reading import names as reading_names
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.reading import rules
from cores import FULL
from fleets import AGENT, REPOSITORY, Fleet, environment
from support import CATALOG, load_yaml

HERE = REPOSITORY / "extensions" / "awx"
CREDENTIAL = load_yaml(HERE / "credential_type.yml")
TEMPLATES: list[dict[str, Any]] = load_yaml(HERE / "job_templates.yml")["job_templates"]
SURVEYS: dict[str, dict[str, Any]] = load_yaml(HERE / "survey.yml")["surveys"]
WORKFLOW = load_yaml(HERE / "workflow.yml")
QUESTIONS = [(name, question) for name, survey in SURVEYS.items() for question in survey["spec"]]
# As AWX itself validates a survey; list and dict are not among them.
KINDS = {"text": str, "integer": int, "multiplechoice": str}
BINARIES = Path(sys.executable).parent


@cache
def _modules() -> dict[str, dict[str, Any]]:
    """Return the options of AWX's own modules, as they document them."""
    names = ["awx.awx.credential_type", "awx.awx.job_template", "awx.awx.workflow_job_template"]
    command = [str(BINARIES / "ansible-doc"), "--type", "module", "--json", *names]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(REPOSITORY), timeout=120)
    return {name.rpartition(".")[2]: one["doc"]["options"] for name, one in json.loads(done.stdout).items()}


TYPES = {"str": str, "bool": bool, "int": int, "dict": dict, "list": list}


def _fits(given: dict[str, Any], options: dict[str, Any], where: str) -> None:
    """Assert that a mapping has only options of a module, of their types, at any depth."""
    for name, value in given.items():
        assert name in options, f"{where}: {name}"
        option = options[name]
        assert isinstance(value, TYPES[option["type"]]), f"{where}: {name}"
        assert value in option.get("choices", [value]), f"{where}: {name}"
        below = option.get("suboptions")
        for part in (value if isinstance(value, list) else [value]) if below else []:
            _fits(part, below, f"{where}: {name}")


def test_awx_s_own_modules_take_the_files() -> None:
    _fits(CREDENTIAL, _modules()["credential_type"], "credential_type")
    for template in TEMPLATES:
        _fits({**template, "survey_spec": SURVEYS.get(template["name"], {})}, _modules()["job_template"], "template")
    survey = SURVEYS[WORKFLOW["name"]]
    _fits({**WORKFLOW, "survey_spec": survey}, _modules()["workflow_job_template"], "workflow")


def test_every_survey_belongs_to_what_asks_for_it() -> None:
    asking = {one["name"] for one in [*TEMPLATES, WORKFLOW] if one.get("survey_enabled")}
    assert set(SURVEYS) == asking


@pytest.mark.parametrize(("name", "question"), QUESTIONS, ids=lambda part: part if isinstance(part, str) else "")
def test_surveys_ask_for_texts_numbers_and_choices_alone(name: str, question: dict[str, Any]) -> None:
    assert {"question_name", "question_description", "variable", "type", "required"} <= set(question)
    kind = KINDS[question["type"]]
    assert isinstance(question.get("default", kind()), kind)
    if "choices" in question:
        assert all(isinstance(choice, str) for choice in question["choices"])
        assert question["default"] in question["choices"]
    # A number that is left out would be an empty text, which is not a number.
    assert question["required"] or question["type"] == "text"


def _variables() -> set[str]:
    texts = (str(CREDENTIAL["injectors"]), str(TEMPLATES), str(SURVEYS), str(WORKFLOW))
    return {name for text in texts for name in re.findall(r"'(avshift_\w+)'", text)}


def test_a_rollout_is_given_as_text_and_an_answer_that_is_left_out_takes_nothing_away() -> None:
    asked = {name: {one["variable"]: one for one in survey["spec"]} for name, survey in SURVEYS.items()}
    for name, variable in (
        ("avshift plan", "avshift_rollout"),
        ("avshift migration", "avshift_rollout"),
        ("avshift migrate", "avshift_rings"),
        ("avshift approve", "avshift_approve_gate"),
    ):
        assert (asked[name][variable]["type"], asked[name][variable]["required"]) == ("text", False)
    assert (rules(""), reading_names("")) == (rules(None), [])
    # The rings of a workflow's plan are those of its migration: it has one survey for both.
    assert "avshift_rings" not in asked["avshift migration"]


def test_every_variable_is_one_of_the_collection() -> None:
    page = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| `(avshift_\w+)` \|", page, re.MULTILINE))
    assert _variables() - known == set()
    assert {"avshift_hosts", "avshift_stop_file", "avshift_provider_secrets"} <= _variables()


def test_the_credential_has_every_secret_of_the_catalog_and_hands_them_over_as_they_are() -> None:
    secrets = {name for provider in CATALOG.providers.values() for name in provider.secrets}
    fields = {field["id"]: field for field in CREDENTIAL["inputs"]["fields"]}
    template = CREDENTIAL["injectors"]["extra_vars"]["avshift_provider_secrets"]
    odd = {name: f"{name} \"'{{{{ <&>\n\\" for name in secrets}
    assert secrets <= {name for name, field in fields.items() if field.get("secret")}
    assert json.loads(jinja2.Environment(autoescape=False).from_string(template).render(odd)) == odd
    nothing = json.loads(jinja2.Environment(autoescape=False).from_string(template).render())
    assert set(nothing.values()) == {""}
    written = (REPOSITORY / "plugins" / "inventory" / "ksc.py").read_text(encoding="utf-8")
    for variable in CREDENTIAL["injectors"]["env"]:
        assert variable in written


def test_the_project_has_each_template_s_playbook_which_calls_the_collection_s(tmp_path: Path) -> None:
    for template in TEMPLATES:
        (play,) = load_yaml(HERE / "project" / template["playbook"])
        stem = template["playbook"].removesuffix(".yml")
        assert play["import_playbook"] == f"avshift.endpoint.{stem}"
        assert (REPOSITORY / "playbooks" / template["playbook"]).is_file()
    used = {template["playbook"] for template in TEMPLATES}
    assert used == {path.name for path in (HERE / "project").glob("*.yml")}


def test_the_playbook_that_sets_awx_up_passes_every_option_on_and_can_be_run(tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / "awx.md").read_text(encoding="utf-8")
    (play,) = re.findall(r"^```yaml\n(- name: Set AWX up\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "play.yml").write_text(play, encoding="utf-8")
    (tmp_path / "extensions").symlink_to(REPOSITORY / "extensions")
    command = [str(BINARIES / "ansible-playbook"), "-i", "localhost,", "--syntax-check", "play.yml"]
    done = subprocess.run(
        command, cwd=tmp_path, check=False, capture_output=True, text=True, env=environment(tmp_path), timeout=120
    )
    assert done.returncode == 0, done.stderr
    modules = {key: value for task in yaml.safe_load(play)[0]["tasks"] for key, value in task.items()}
    for template in TEMPLATES:
        assert set(template) <= set(modules["awx.awx.job_template"]) | {"allow_simultaneous"}
    assert set(WORKFLOW) <= set(modules["awx.awx.workflow_job_template"]) | {"description", "allow_simultaneous"}
    assert set(CREDENTIAL) <= set(modules["awx.awx.credential_type"]) | {"description"}


def test_a_person_stands_between_plan_and_migration() -> None:
    nodes = {node["identifier"]: node for node in WORKFLOW["workflow_nodes"]}
    templates = {template["name"] for template in TEMPLATES}
    for name, node in nodes.items():
        known = node["unified_job_template"]
        assert known["type"] == "workflow_approval" or known["name"] in templates, name
    leading = {
        one["identifier"]: name
        for name, node in nodes.items()
        for kind, others in node["related"].items()
        for one in others
        if kind.endswith("_nodes")
    }
    assert leading == {"approval": "plan", "migrate": "approval", "verify": "migrate", "report": "verify"}
    assert set(nodes["approval"]["related"]) == {"success_nodes"}
    assert nodes["approval"]["unified_job_template"]["type"] == "workflow_approval"
    plan = next(template for template in TEMPLATES if template["name"] == "avshift plan")
    assert plan["extra_vars"]["avshift_needs_approval"] is True
    assert "avshift approve" not in {node["unified_job_template"]["name"] for node in nodes.values()}


if FULL:

    def test_surveys_answers_are_taken_as_awx_gives_them(tmp_path: Path) -> None:
        fleet = Fleet(tmp_path, {"h00": AGENT})
        answers = {
            name: {one["variable"]: one.get("default", "") for one in survey["spec"]}
            for name, survey in SURVEYS.items()
        }
        by_name = {template["name"]: template for template in TEMPLATES}
        volume = str(fleet.out)

        def ran(name: str, **given: Any) -> str:
            told = {
                key: value.replace("/srv/avshift", volume) if isinstance(value, str) else value
                for key, value in by_name[name].get("extra_vars", {}).items()
            }
            playbook = HERE / "project" / by_name[name]["playbook"]
            given = {**told, **answers.get(name, {}), "awx_user_name": "jane", **given}
            run = fleet.run(str(playbook), **given)
            assert run.code == 0, run.text
            return run.text

        ran("avshift detect")
        ran("avshift plan", avshift_hosts="all")
        ran("avshift approve", avshift_approve_reason="CAB", avshift_approve_until="2999-01-01")
        approval = json.loads((fleet.out / "plan" / "approval.json").read_text(encoding="utf-8"))
        assert approval["approver"] == "jane"
        ran("avshift stop", avshift_stop_reason="lunch")
        ran("avshift go")
        ran("avshift migrate", avshift_hosts="all", avshift_require_signature="false")
        assert fleet.calls("h00").count("apply real") == 3
        assert [failure for _verdict, failure in fleet.records().values()] == [None]
        assert "1 host: 1 migrated" in ran("avshift status")
        ran("avshift report")
