"""Programs that answer in place of a host's Python, and what a user's shell adds: none of it harms a fleet."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pty
import select
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.avshift.endpoint.plugins.action import migration_apply
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import cause
from asking import Told, ask, interpreter, playbook
from attacks import attack
from importable import REPOSITORY

START = REPOSITORY / "plugins/module_utils/start.py"
MARK = "<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>"
HOME = "ansible_collections.avshift.endpoint.plugins.module_utils"
FILE = "AnsiballZ_avshift_endpoint.py"
SECRET = "token-of-a-site"
NOBODY = 65534
ANSWER = '{"changed": false, "collected": {"host": {}, "evidence": [], "live": false}}'
# Each is a program in place of the host's Python. It gets the module on its standard input.
LIARS = {
    "two-answers": f"echo '{ANSWER}'; echo '{ANSWER}'",
    "no-object": "echo '[1, 2]'",
    "an-answer-that-is-cut": """echo '{"changed": false, "collected": {"ho'""",
    "facts-of-its-own": """echo '{"changed": false, "ansible_facts": {"become_user": "mallory"}, "collected": 1}'""",
    "a-deep-answer": "python3 -c 'print(\"[\" * 100000)'",
    "bytes-that-are-no-text": 'printf \'\\377\\376{"a": "\\200"}\'',
    "escapes-for-the-terminal": "printf 'ValueError: \\033]0;owned\\007\\033[2J\\n' >&2; exit 1",
    "a-template-as-error": 'echo \'ValueError: {{ lookup("pipe", "id") }}\' >&2; exit 1',
    "a-code-that-is-none": """echo '{"failed": true, "code": "../../etc/x\\n", "msg": 7}'""",
    "exit-0-and-nothing": "exit 0",
    "ends-itself": "kill -9 $$",
    "tells-the-secret": f"echo 'OSError: {SECRET}' >&2; exit 1",
}
NEVER = {
    "never-answers": "while :; do sleep 1; done",
    "closes-its-output-and-stays": "exec >&- 2>&-; while :; do sleep 1; done",
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """All liars at once, beside an honest host, with a real Ansible."""
    folder = tmp_path_factory.mktemp("liars")
    hosts: dict[str, dict[str, Any]] = {
        name: {"ansible_python_interpreter": interpreter(folder, name, script), "secret": SECRET}
        for name, script in {**LIARS, **NEVER}.items()
    }
    for name in NEVER:
        hosts[name]["limit"] = 20
    return ask(folder, {"honest": {}, **hosts})


@pytest.mark.parametrize("name", LIARS)
@attack(
    "interpreter-lies",
    threat="a host answers with something else than its Python",
    holds="that host fails with a stable code; nothing of it acts on the terminal, is evaluated or tells a secret",
)
def test_a_liar_costs_its_own_host(name: str, asked: dict[str, Told]) -> None:
    result = asked[name].result
    assert result["failed"] is True
    assert result["code"] in ("answer_invalid", "module_failed")
    assert "ansible_facts" not in result
    assert "\x1b" not in result["msg"]
    assert "\x1b]0;owned" not in asked[name].text
    assert "uid=" not in result["msg"]
    assert SECRET not in result["msg"]
    assert asked["honest"].result["collected"]["host"]


@pytest.mark.parametrize("name", NEVER)
@attack(
    "interpreter-never-answers",
    threat="a host's Python never answers, or closes its output and stays",
    holds="the task ends after its limit for that host, by name; the others have answered",
)
def test_who_never_answers_does_not_hold_the_fleet(name: str, asked: dict[str, Told]) -> None:
    assert asked[name].result["failed"] is True
    assert asked[name].result["code"] in ("timed_out", "module_failed")
    assert asked["honest"].result["collected"]["host"]


@attack(
    "one-host-holds-the-fleet",
    threat="a host's Python never answers the playbook that looks at all hosts",
    holds="the fleet's run ends; that host's record says timed_out, and the others are looked at",
)
def test_the_playbook_ends_and_says_by_name_who_did_not_answer(tmp_path: Path) -> None:
    (tmp_path / "image" / "etc").mkdir(parents=True)
    never = interpreter(tmp_path, "never", NEVER["never-answers"])
    hosts = {
        "honest": {"ansible_python_interpreter": sys.executable},
        "never": {"ansible_python_interpreter": never},
    }
    given = {
        "ansible_connection": "local",
        "avshift_become": False,
        "kaspersky_detect_root": str(tmp_path / "image"),
        "kaspersky_detect_timeout": 30,
    }
    known = {"all": {"hosts": {name: {**given, **variables} for name, variables in hosts.items()}}}
    (tmp_path / "hosts.json").write_text(json.dumps(known), encoding="utf-8")
    done = playbook(tmp_path, "avshift.endpoint.detect")
    records = {
        name: json.loads((tmp_path / f"avshift/detect/{name}.json").read_text(encoding="utf-8")) for name in hosts
    }
    assert records["never"]["failure"]["code"] == "timed_out", done.stdout
    assert "Waiting for the host: never: no answer within 30 s" in records["never"]["failure"]["message"]
    assert records["honest"]["failure"] is None, done.stdout


@attack(
    "answer-without-an-end",
    threat="a host sends without an end",
    holds="it is refused long before the controller's memory is full",
    long=True,
)
def test_an_answer_without_an_end_is_refused(tmp_path: Path) -> None:
    script = interpreter(tmp_path, "endless", "exec cat /dev/zero")
    hosts = {"endless": {"ansible_python_interpreter": script, "limit": 280}, "honest": {}}
    told = ask(tmp_path, hosts)
    assert told["endless"].result["code"] == "answer_invalid"
    assert "does not end" in told["endless"].result["msg"]
    assert told["honest"].result["collected"]["host"]


def _module(result: str = "arguments") -> str:
    """Return the module as Ansible makes it, with code that reports what it was started with."""
    packages = HOME.split(".")
    sources = {".".join(packages[:depth]): "" for depth in range(1, len(packages) + 1)}
    code = f"import os, sys\ndef main(arguments, check_mode):\n    return {{'it': {result}}}"
    sources.update({f"{HOME}.collect": "", f"{HOME}.collect.main": code})
    program = base64.b64encode(zlib.compress(json.dumps(sources).encode())).decode()
    given = {
        "program": program,
        "call": "collect",
        "check_mode": True,
        "as_root": False,
        "oldest": [3, 6],
        "arguments": {"token": SECRET},
    }
    return START.read_text(encoding="utf-8").replace(MARK, json.dumps(given))


def _started(folder: Path, text: str, environment: dict[str, str], by_file: bool) -> subprocess.CompletedProcess[str]:
    """Start a module as Ansible does: through the connection, or from its file in a separate directory."""
    place = folder / "ansible-tmp-1"
    place.mkdir()
    (place / FILE).write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(place / FILE)] if by_file else [sys.executable],
        input="" if by_file else text,
        cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


PLANTED = "raise SystemExit('PLANTED CODE RAN')"
MODULES = ("base64", "json", "zlib", "importlib", "traceback", "fcntl")


def _plant(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in MODULES:
        (folder / f"{name}.py").write_text(PLANTED, encoding="utf-8")


@pytest.mark.parametrize("by_file", [False, True], ids=["by-connection", "by-file"])
@pytest.mark.parametrize(
    "place", ["working-directory", "PYTHONPATH", "relative-PYTHONPATH", "empty-in-PYTHONPATH", "beside-the-module"]
)
@attack(
    "planted-imports",
    threat="a user puts base64.py, json.py and others into the home, or names a directory in the shell's start files",
    holds="root's Python takes none of them",
)
def test_nothing_is_imported_from_directories_of_a_user(place: str, by_file: bool, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    _plant(planted)
    environment = {"PYTHONPATH": str(planted)} if place == "PYTHONPATH" else {}
    if place == "relative-PYTHONPATH":
        environment = {"PYTHONPATH": "planted:../planted"}
    if place == "empty-in-PYTHONPATH":
        # What PYTHONPATH=$PYTHONPATH:/opt/tools gives in a shell's start file: an empty name is the working directory.
        environment = {"PYTHONPATH": ":/opt/tools"}
    if place in ("working-directory", "empty-in-PYTHONPATH"):
        _plant(tmp_path)
    text = _module(
        "sorted(name for name in sys.modules if 'planted' in (getattr(sys.modules[name], '__file__', '') or ''))"
    )
    if place == "beside-the-module":
        _plant(tmp_path / "ansible-tmp-1")
        (tmp_path / "ansible-tmp-1").rename(tmp_path / "kept")
        done = _started_beside(tmp_path, text) if by_file else _started(tmp_path, text, environment, by_file)
    else:
        done = _started(tmp_path, text, environment, by_file)
    assert "PLANTED" not in done.stdout + done.stderr
    assert json.loads(done.stdout) == {"it": []}


def _started_beside(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    path = folder / "kept" / FILE
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, str(path)]
    return subprocess.run(
        command, cwd="/", capture_output=True, text=True, timeout=120, check=False, env={"PATH": "/usr/bin:/bin"}
    )


def _limit(kind: str, most: int) -> str:
    limit = f"resource.RLIMIT_{kind}"
    return f"import resource; resource.setrlimit({limit}, ({most}, resource.getrlimit({limit})[1]))"


def _soft(kind: str) -> str:
    return f"(lambda it: it.getrlimit(it.RLIMIT_{kind})[0])(__import__('resource'))"


# What a program may leave to those it starts; what the module says there, and what that has to be.
INHERITED = {
    "children-ignored": (
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "__import__('subprocess').call(['false'])",
        1,
    ),
    "signals-blocked": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})",
        "sorted(map(int, __import__('signal').pthread_sigmask(0, ())))",
        [],
    ),
    "directory-gone": ("os.mkdir('gone'), os.chdir('gone'), os.rmdir('../gone')", "os.getcwd()", "/"),
    # A root may have been named from where the module was started.
    "directory-there": ("os.mkdir('there'), os.chdir('there')", "os.path.basename(os.getcwd())", "there"),
    "umask": ("os.umask(0o777)", "os.umask(0)", 0o022),
    # A login user's limits, which sudo passes on: dpkg would be killed half-way.
    "largest-file": (_limit("FSIZE", 1 << 20), _soft("FSIZE"), -1),
    "processor-time": (_limit("CPU", 20), _soft("CPU"), -1),
    "address-space": (_limit("AS", 1 << 29), _soft("AS"), -1),
    "open-files": (_limit("NOFILE", 20), _soft("NOFILE"), 1024),
    "many-open-files": (_limit("NOFILE", 4096), _soft("NOFILE"), 4096),
    "stack": (_limit("STACK", 1 << 20), _soft("STACK"), 8 << 20),
}


@pytest.mark.parametrize("by_file", [False, True], ids=["by-connection", "by-file"])
@pytest.mark.parametrize("what", INHERITED)
@attack(
    "inherited-by-the-module",
    threat="what starts the module ignores children, blocks signals, or has an odd directory, umask or limit",
    holds="an answer; commands tell how they ended, limits hold, and files have their usual modes",
)
def test_the_module_inherits_nothing(what: str, by_file: bool, tmp_path: Path) -> None:
    before, said, expected = INHERITED[what]
    path = tmp_path / FILE
    path.write_text(_module(said), encoding="utf-8")
    inherits = f"import os, signal, sys; {before}; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    done = subprocess.run(
        [sys.executable, "-c", inherits, *([str(path)] if by_file else [])],
        input="" if by_file else path.read_text(encoding="utf-8"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert json.loads(done.stdout) == {"it": expected}, done.stderr


@attack(
    "interpreter-stays",
    threat="the environment tells Python to read on from its terminal after a program (PYTHONINSPECT, PYTHONSTARTUP)",
    holds="the module ends with its answer, or with its error, and reads nothing more",
)
@pytest.mark.parametrize("said", ["1", "[][0]"], ids=["answers", "fails"])
def test_the_module_ends_on_a_terminal(said: str, tmp_path: Path) -> None:
    path, startup = tmp_path / FILE, tmp_path / "startup.py"
    path.write_text(_module(said), encoding="utf-8")
    startup.write_text(PLANTED, encoding="utf-8")
    asks = {"PYTHONINSPECT": "1", "PYTHONSTARTUP": str(startup), "PATH": "/usr/bin:/bin"}
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, [sys.executable, str(path)], asks)
    shown = b""
    with contextlib.suppress(OSError):
        # The kernel says by an error that the last program has left the terminal.
        while select.select([terminal], [], [], 60)[0]:
            shown += os.read(terminal, 4096)
    _pid, status = os.waitpid(child, os.WNOHANG) if b">>>" in shown else os.waitpid(child, 0)
    os.close(terminal)
    assert b">>>" not in shown
    assert b"PLANTED" not in shown
    assert (b'{"it": 1}' if said == "1" else b"IndexError") in shown
    assert os.waitstatus_to_exitcode(status) == (0 if said == "1" else 1)


@attack(
    "module-file-left",
    threat="a run is killed hard, and the file with its arguments stays on the host",
    holds="the file is gone before the code that was sent runs",
)
def test_the_module_s_file_is_gone_before_its_code_runs(tmp_path: Path) -> None:
    done = _started(tmp_path, _module("os.listdir(os.path.dirname(os.path.abspath(sys.argv[0])))"), {}, by_file=True)
    assert json.loads(done.stdout) == {"it": []}, done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@attack(
    "module-file-swapped",
    threat="a user exchanges the module's directory for a link to another's files",
    holds="only a file of the module's own path goes",
)
def test_a_link_in_the_module_s_place_costs_no_other_file(tmp_path: Path) -> None:
    owner = tmp_path / "owner"
    owner.write_text("the owner's", encoding="utf-8")
    place = tmp_path / "ansible-tmp-2"
    place.mkdir()
    (tmp_path / "real.py").write_text(_module("1"), encoding="utf-8")
    (place / FILE).symlink_to(tmp_path / "real.py")
    done = subprocess.run(
        [sys.executable, str(place / FILE)], capture_output=True, text=True, timeout=120, check=False, cwd="/"
    )
    assert json.loads(done.stdout) == {"it": 1}, done.stderr
    assert owner.read_text(encoding="utf-8") == "the owner's"
    assert (tmp_path / "real.py").exists()


@pytest.mark.parametrize("locale", ["POSIX", "C", "ru_RU.KOI8-R", "tr_TR.UTF-8", "no-such-locale"])
@attack(
    "locale-of-the-shell",
    threat="the shell's start files set a locale in which the arguments cannot be written",
    holds="they arrive as they were sent",
)
def test_no_locale_changes_the_arguments(locale: str, tmp_path: Path) -> None:
    text = _module().replace(SECRET, "\\u00e9lan \\u202e \\ud83d\\ude00")
    done = _started(tmp_path, text, {"LC_ALL": locale, "LANG": locale, "PYTHONIOENCODING": "ascii"}, by_file=False)
    assert json.loads(done.stdout) == {"it": {"token": "élan \u202e 😀"}}, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
@attack(
    "not-root",
    threat="become_user is a user who sees half of the host",
    holds="root_needed, and nothing is looked at",
)
def test_half_a_look_is_refused(tmp_path: Path) -> None:
    text = _module("'LOOKED'").replace('"as_root": false', '"as_root": true')
    code = f"import json, os, sys; os.setuid({NOBODY}); exec(sys.stdin.read(), {{'__name__': '__main__'}})"
    done = subprocess.run(
        [sys.executable, "-c", code], input=text, cwd="/", capture_output=True, text=True, timeout=120, check=False
    )
    assert json.loads(done.stdout)["code"] == "root_needed"
    assert "LOOKED" not in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
@attack(
    "place-of-files-taken",
    threat="a user makes the directory beforehand in which a login user's files are to lie",
    holds="Ansible's own command makes a new one of the login user's, or none",
)
def test_a_directory_that_is_there_is_not_taken() -> None:
    from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import posix

    name = f"ansible-tmp-attack-{os.getpid()}"
    taken = Path("/dev/shm") / name
    taken.mkdir(mode=0o777)
    try:
        made = f'umask 77 && mkdir -p "{posix.REMOTE_TMP}" && mkdir "{posix.REMOTE_TMP}/{name}"'
        done = subprocess.run(["/bin/sh", "-c", made], user=NOBODY, cwd="/", timeout=60, check=False)
        assert done.returncode != 0
    finally:
        taken.rmdir()


PYTHON2 = sorted(Path("~/.pyenv/versions").expanduser().glob("2.7*/bin/python2.7"))


@attack(
    "python-of-another-age",
    threat="a host has Python 2.7 alone, or Ansible finds it first",
    holds="python_unsupported with the version and what to do, and no traceback",
)
def test_an_old_python_is_told_by_its_version(tmp_path: Path) -> None:
    text = START.read_text(encoding="utf-8")
    command = [str(PYTHON2[-1])] if PYTHON2 else [sys.executable, "-c", _as_if((2, 7, 18))]
    given = {"program": "", "call": "collect", "check_mode": True, "as_root": False, "oldest": [3, 6], "arguments": {}}
    sent = text.replace(MARK, json.dumps(given))
    done = subprocess.run(command, input=sent, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    told = json.loads(done.stdout)
    assert (told["failed"], told["code"]) == (True, "python_unsupported")
    assert "2.7.18" in told["msg"]


def _as_if(version: tuple[int, ...]) -> str:
    """Return code that handles its input like another version of Python, if there is none here."""
    return f"import sys; sys.version_info = {version!r}; exec(sys.stdin.read(), {{'__name__': '__main__'}})"


BLOB = '{\n  "tenant": "4f1c0b",\n  "key": "s3cr3t-\\u00fc\\"quoted"\n}'
FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "as JSON": json.dumps,
    "as Python": repr,
    "as JSON in Python": lambda secret: repr(json.dumps({"secrets": [secret]})),
    "by its lines": lambda secret: "; ".join(secret.splitlines()),
    "where a message is cut": lambda secret: "x" * (cause.LONGEST - 12) + secret,
    "where a known line is cut": lambda secret: "x: No space left on device " + "x" * (cause.LONGEST - 39) + secret,
}


def _raising(error: Exception) -> dict[str, Any]:
    raise error


WAYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "not reached": lambda said: _raising(AnsibleConnectionFailure(f"Failed to connect: {said}")),
    "refused by Ansible": lambda said: _raising(AnsibleError(said)),
    "failed on stderr": lambda said: {"failed": True, "module_stderr": said},
    "failed on a terminal": lambda said: {
        "failed": True,
        "module_stdout": said,
        "module_stderr": "Connection to x closed.",
    },
    "failed with a message": lambda said: {"failed": True, "msg": said},
    "failed with a code": lambda said: {"failed": True, "code": "install_failed", "msg": said},
}


@attack(
    "secret-repeated",
    threat="a host breaks off, or is lost, and what it said last repeats the secrets that it was sent, in any form",
    holds="no message of the task has one, or a part of one",
)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WAYS)
def test_no_message_repeats_a_secret(way: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    action = migration_apply.ActionModule.__new__(migration_apply.ActionModule)
    action._connection, action._task = SimpleNamespace(), SimpleNamespace(check_mode=False)
    for secret in (BLOB, "correct-horse-battery-staple"):
        said, sent = FORMS[form](secret), {"secrets": {"token": secret}}
        for name, done in {
            "validate_argument_spec": lambda argument_spec, sent=sent: (None, sent),
            "act": lambda options, task_vars: action.ask("apply", {}, task_vars),
            "_keep_off_the_disk": lambda: None,
            "_has_python": lambda: True,
            "_answer": lambda given, task_vars, said=said: WAYS[way](said),
        }.items():
            monkeypatch.setattr(action, name, done, raising=False)
        monkeypatch.setattr(ActionBase, "run", lambda _self, _tmp, _task_vars: {})
        told = action.run(None, {"inventory_hostname": "host"})
        assert "(secret)" in told["msg"]
        assert not {part for part in ("4f1c", "s3cr3t", "quoted", "horse", "corr") if part in json.dumps(told)}
