"""What a lying host can do to the controller, to other hosts and to readers of its results: nothing but fail."""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import re
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lying_hosts
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from attacks import attack
from importable import REPOSITORY
from lies import BROKEN, ESCAPES, FAILING, OVERREACHING, TEMPLATES, TEXTS
from lying_hosts import HONEST, Run
from matrix.by_core import supported

HIDDEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
NAMES = {
    "long": "n" * 250,
    "foreign": "é" * 84,
    "foreign-and-long": "日" * 200,
    "up": "../../../ESCAPED",
    "rooted": "/ESCAPED",
    "encoded": "..%2f..%2fESCAPED",
    "dots": "..",
}
OLDEST_AND_NEWEST = [supported()[0], supported()[-1]] if os.environ.get("AVSHIFT_HOSTILE_SET") == "full" else []
THREAT = "a host answers Ansible's module with whatever it likes"


FINE = json.dumps(lying_hosts.honest()).encode()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The plan of a fleet in which all hosts but one break the form of an answer, or have a name that no file has."""
    answers = {**BROKEN, HONEST: FINE, **dict.fromkeys(NAMES.values(), FINE)}
    return lying_hosts.planned(tmp_path_factory.mktemp("fleet"), answers)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The plan of a fleet in which hosts fail with words that act, or send what Ansible may take for its own."""
    return lying_hosts.planned(tmp_path_factory.mktemp("fleet"), {**FAILING, **OVERREACHING, HONEST: FINE})


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The plan of a fleet in which the versions, names and paths of hosts act."""
    return lying_hosts.planned(tmp_path_factory.mktemp("fleet"), {**TEXTS, HONEST: FINE})


def _must_be_unharmed(run: Run) -> None:
    """No lie cost another host its plan, was evaluated, wrote elsewhere or acted on the terminal."""
    assert HONEST in run.plan["hosts"], run.output[-4000:]
    assert not run.proof.exists()
    assert [str(found) for found in run.folder.rglob("*ESCAPED*") if "out/plan/records" not in str(found)] == []
    text = run.output.decode("utf-8")
    assert {char for char in text if unicodedata.category(char) in HIDDEN} <= {"\n", "\t"}


@attack("answer-that-breaks-its-form", threat=THREAT, holds="it fails, by name and reason; every other host is planned")
@pytest.mark.parametrize("lie", sorted(BROKEN))
def test_a_host_that_breaks_the_form_fails_alone(run: Run, lie: str) -> None:
    _must_be_unharmed(run)
    assert lie not in run.plan["hosts"]
    told = run.plan["not_planned"][lie]
    assert lie in told
    assert "Traceback" not in told
    assert len(told) < 4100
    page = (run.folder / "out/plan/plan.md").read_text(encoding="utf-8")
    assert lie.replace("-", "") in page.replace("\\", "").replace("-", "")


@attack("failure-that-acts", threat="a failing host's message holds escapes and templates", holds="they are text")
@pytest.mark.parametrize("lie", sorted(FAILING))
def test_a_message_of_a_failing_host_is_text(said: Run, lie: str) -> None:
    _must_be_unharmed(said)
    told = said.plan["not_planned"][lie]
    assert {char for char in told if unicodedata.category(char) in HIDDEN} == set()


@attack("answer-that-overreaches", threat="an answer brings facts, warnings, diffs, tags", holds="none is taken over")
@pytest.mark.parametrize("lie", sorted(OVERREACHING))
def test_nothing_but_the_answer_is_taken_over(said: Run, lie: str) -> None:
    _must_be_unharmed(said)
    # What an ansible-core takes for one of its own tags, and refuses, fails as that host's answer.
    assert lie in said.plan["hosts"] or lie in said.plan["not_planned"]
    assert not (said.folder / "ESCAPED").exists()
    assert "[WARNING]: fake" not in said.output.decode()


@attack("text-that-acts", threat="versions, names and paths hold templates, markup, escapes", holds="they are text")
@pytest.mark.parametrize("lie", sorted(TEXTS))
def test_a_well_formed_answer_with_texts_that_act_is_planned(texts: Run, lie: str) -> None:
    _must_be_unharmed(texts)
    assert lie in texts.plan["hosts"] or lie in texts.plan["not_planned"]
    record = json.loads((texts.folder / f"out/plan/records/{lie}.json").read_text(encoding="utf-8"))
    assert record["host"] == lie


@attack("name-that-is-no-file", threat="the inventory names a host so that no file can be called so", holds="planned")
@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_host_of_whatever_name_is_planned(run: Run, name: str) -> None:
    _must_be_unharmed(run)
    assert NAMES[name] in run.plan["hosts"]
    files = list((run.folder / "out/plan/records").iterdir())
    hosts = [json.loads(path.read_text(encoding="utf-8"))["host"] for path in files]
    assert hosts.count(NAMES[name]) == 1
    assert all(len(path.name.encode()) <= 255 and path.is_file() for path in files)


@attack(
    "text-that-acts-at-v",
    threat="a host's versions and names hold escapes of ASCII and of C1 and direction marks, and Ansible runs with -v",
    holds="the results that it prints have none of them",
)
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_result_that_ansible_prints_has_no_escapes(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVSHIFT_RESULT_FORM", form)
    answer = lying_hosts.honest()
    answer["collected"]["host"]["kernel"] = ESCAPES
    for item in answer["collected"]["evidence"]:
        if "version" in item.get("value", {}):
            item["value"]["version"] = ESCAPES
    run = lying_hosts.planned(tmp_path, {HONEST: json.dumps(answer).encode()}, "detect", "-v")
    text = run.output.decode("utf-8")
    assert {char for char in text if unicodedata.category(char) in HIDDEN} <= {"\n", "\t"}
    assert "owned" in text


@attack("template-in-servicenow", threat="a version is a template that runs a command", holds="it is loaded as text")
@pytest.mark.parametrize("core", [lying_hosts.OWN, *OLDEST_AND_NEWEST])
def test_servicenow_is_loaded_as_text(texts: Run, core: str) -> None:
    seen = yaml.safe_load((texts.folder / "out/plan/servicenow.yml").read_text(encoding="utf-8"))["change_request"]
    assert "lookup" in json.dumps(seen)
    done = lying_hosts.evaluated(texts, core)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not texts.proof.exists()
    assert "lookup('ansible.builtin.pipe'" in re.sub(r"\\", "", done.stdout)
    assert "49" not in re.findall(r"\{?#?\} ?\{? ?(\d+)", done.stdout)


@attack(
    "template-in-a-playbook",
    threat="the oldest and the newest ansible-core plan hosts whose every text is a template",
    holds="none is evaluated in any task, and every document is written",
    long=True,
)
@pytest.mark.parametrize("core", OLDEST_AND_NEWEST)
@pytest.mark.parametrize("playbook", ["plan", "detect"])
def test_no_playbook_evaluates_a_text_of_a_host(tmp_path: Path, core: str, playbook: str) -> None:
    # The folder that detect writes to is below the folder in which it is run.
    run = lying_hosts.planned(tmp_path, {**TEXTS, HONEST: FINE}, playbook, core=core)
    assert not run.proof.exists()
    written = {path.stem for path in tmp_path.rglob("*.json")}
    assert {HONEST, *TEXTS} <= written, run.output[-3000:]
    if playbook == "plan":
        _must_be_unharmed(run)
        assert lying_hosts.evaluated(run, core).returncode == 0
        assert not run.proof.exists()


@attack("template-in-a-document", threat="a template stands in any text of a host", holds="no YAML file keeps it whole")
@pytest.mark.parametrize("opening", ["{{", "{%", "{#"])
def test_no_template_stands_in_a_file_for_ansible(texts: Run, opening: str) -> None:
    assert any(opening in text for text in TEMPLATES)
    for path in (texts.folder / "out").rglob("*.y*ml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        told = "\n".join(line for line in lines if not line.startswith("#"))
        assert opening not in told, path
        assert opening not in json.dumps(yaml.safe_load(told)), path


@attack("formula-in-a-table", threat="a version begins a formula of a spreadsheet", holds="no cell is one")
def test_no_cell_of_the_table_is_a_formula(texts: Run) -> None:
    rows = list(csv.reader(io.StringIO((texts.folder / "out/plan/plan.csv").read_text(encoding="utf-8"))))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [
        cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@")) and len(cell) > 1
    ] == []


@attack("markup-in-a-page", threat="a version is a script of HTML", holds="the page has its own scripts alone")
def test_no_script_of_a_host_is_in_the_page(texts: Run) -> None:
    page = (texts.folder / "out/plan/plan.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<img" not in page
    policy = re.search(r"Content-Security-Policy[^>]*", page)
    assert policy is None or "unsafe-inline" not in policy[0]


@attack(
    "answer-that-writes-elsewhere",
    threat="a host leads a document elsewhere",
    holds="only the output folder is written",
)
def test_only_the_output_folder_is_written(texts: Run) -> None:
    ours = re.compile(r"answer-\d+|python-\d+|inventory\.yml|ask\.yml|show\.j2")
    made = {path.name for path in Path(texts.folder).iterdir()}
    assert {name for name in made if not ours.fullmatch(name)} <= {"out", "local-tmp"}


LOOKS = {
    "antivirus_info": {},
    "antivirus_selftest": {"provider": "clamav"},
    "kaspersky_info": {},
    "migration_plan": {"provider": "clamav"},
}


def _looked(name: str, answer: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return what an action makes of a host with a POSIX shell that gives this answer to every look."""
    module = importlib.import_module(f"ansible_collections.avshift.endpoint.plugins.action.{name}").ActionModule
    action = module.__new__(module)
    action.host, action._is_answered = "liar", False
    action._task = SimpleNamespace(check_mode=True)
    action._connection = SimpleNamespace(_shell=SimpleNamespace(_IS_WINDOWS=False))
    action.ask = lambda _call, _arguments, _task_vars: answer
    given = ArgumentSpecValidator(module.SPEC).validate(options).validated_parameters
    told: dict[str, Any] = action.act(given, {"inventory_hostname": "liar"})
    return told


@attack(
    "host-of-another-platform",
    threat="a host that is changed says that it is of the platform whose hosts are only looked at",
    holds="its answer is refused, so that its change stays in its record and counts; an image may be of any platform",
)
@pytest.mark.parametrize("name", LOOKS)
def test_no_running_host_says_that_it_is_only_looked_at(name: str) -> None:
    answer = lying_hosts.honest()
    answer["collected"]["host"]["platform"] = "windows"
    with pytest.raises(AvshiftError, match="it says that it is windows") as refused:
        _looked(name, answer, **LOOKS[name])
    assert refused.value.code == "answer_invalid"
    if name == "kaspersky_info":
        answer["collected"]["evidence"] = []
        assert _looked(name, answer, root="/mnt")["preview"] == "windows"


ACTIONS = sorted(path.stem for path in (REPOSITORY / "plugins/action").glob("[a-z]*.py"))
# What another task acts on to the letter: names and folders of the run's own, and a plan, of which there is a digest.
TO_THE_LETTER = {
    "migration_plan": ("plan", "foretold", "record"),
    "pull_host": ("host", "look"),
    "rollout_gate": ("look",),
}


@attack(
    "text-that-acts-in-any-result",
    threat="a line of a user's crontab, with escapes of ASCII and C1 and direction marks, is in what an action returns",
    holds="neither its warnings nor any other part that is for people has one, whatever the action is",
)
@pytest.mark.parametrize("name", ACTIONS)
def test_no_action_returns_escapes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(f"ansible_collections.avshift.endpoint.plugins.action.{name}").ActionModule
    action, letters = module.__new__(module), TO_THE_LETTER.get(name, ())
    action._connection = SimpleNamespace()
    said = {part: [{"of": (ESCAPES,)}] for part in ("warnings", "failure", "diff", "lines", *letters)}
    monkeypatch.setattr(ActionBase, "run", lambda _self, _tmp, _task_vars: {})
    monkeypatch.setattr(module, "validate_argument_spec", lambda _self, argument_spec: (None, {}))
    monkeypatch.setattr(module, "act", lambda _self, _options, _task_vars: {**said, "msg": ESCAPES})
    told = action.run(None, {"inventory_hostname": "host"})
    assert {part: told.pop(part) for part in letters} == {part: said[part] for part in letters}
    text = "".join(_texts(told))
    assert {char for char in text if unicodedata.category(char) in HIDDEN} <= {"\n", "\t"}
    assert text.count("owned") == 5


def _texts(content: Any) -> list[str]:
    if isinstance(content, dict):
        return [text for value in content.values() for text in _texts(value)]
    if isinstance(content, (list, tuple)):
        return [text for value in content for text in _texts(value)]
    return [str(content)]
