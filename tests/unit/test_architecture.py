"""Which part may import which, and what code for an old Python may contain."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.kinds import KINDS
from sources import CONTROLLER, ENDPOINT, HOME, PLUGINS, imported, short, texts, tree
from support import REPOSITORY

ALL = ENDPOINT + CONTROLLER
SHARED = [path for path in ENDPOINT if "module_utils" in path.parts]
TRANSPORT = [path for path in CONTROLLER if "transport" in path.parts]
ENGINE = [path for path in CONTROLLER if "plugin_utils" in path.parts and path not in TRANSPORT]
# Ansible's own way of running a module, which is used if no other one works.
PLAIN = PLUGINS / "modules" / "endpoint_program.py"
LONGEST_FILE, LONGEST_FUNCTION, SHORT_FUNCTION, SHORT_ONES, MOST_FILES = 300, 40, 18, 0.9, 25
PRODUCTS = re.compile("kaspersky|kesl|klnagent|clamav|clamonacc|clamd", re.IGNORECASE)


def _foreign(paths: list[Path], *allowed: str) -> list[str]:
    """Return what files import besides the standard library and what is allowed, as file: module."""
    own = (*sys.stdlib_module_names, *allowed)
    return [
        f"{short(path)}: {name}"
        for path in paths
        for name in imported(path)
        if not any(name == known or name.startswith(f"{known}.") for known in own)
    ]


# What both sides know is defined only there: literals, which the controller also sends with the code, and functions of
# plain data.
AGREED = f"{HOME}module_utils.agreed"


def test_engine_knows_neither_ansible_nor_the_endpoint() -> None:
    assert _foreign(ENGINE, f"{HOME}plugin_utils", AGREED, "yaml", "jinja2", "markupsafe", "orjson", "olefile") == []
    known = {name for path in ENGINE for name in imported(path)}
    assert [name for name in known if name.startswith(f"{HOME}plugin_utils.transport")] == []


def test_what_both_sides_read_holds_literals_and_what_reads_plain_data() -> None:
    files = [path for path in SHARED if path.parent.name == "agreed"]
    assert len(files) > 3
    for path in files:
        assert list(imported(path)) == [], path
        kinds = {type(node) for node in tree(path).body}
        assert kinds <= {ast.Expr, ast.Assign, ast.FunctionDef}, path
        assert _touched(tree(path)) == set(), path


def test_transport_knows_ansible_and_what_it_carries() -> None:
    assert TRANSPORT
    own = ("catalog", "documents", "errors", "schema", "times", "transport", "version", "visible", "yaml_text")
    allowed = [AGREED, *(f"{HOME}plugin_utils.{name}" for name in own)]
    assert _foreign(TRANSPORT, "ansible", f"{HOME}plugin_utils.transport", *allowed) == []


# Anything else comes to the engine as arguments.
READERS = {
    "plugin_utils/catalog/files.py",
    "plugin_utils/catalog/index.py",
    "plugin_utils/catalog/loader.py",
    "plugin_utils/device_list/read.py",
    "plugin_utils/documents.py",
    "plugin_utils/fleet/stop_file.py",
    "plugin_utils/approval/granted.py",
    "plugin_utils/approval/gate_word.py",
    "plugin_utils/approval/kept.py",
    "plugin_utils/transport/program.py",
    "plugin_utils/record/handing_in.py",
    "plugin_utils/record/records.py",
    "plugin_utils/rollout/folder.py",
    "plugin_utils/report/page/__init__.py",
    "plugin_utils/approval/signature.py",
    "plugin_utils/report/run/folder.py",
    "plugin_utils/report/redact/folder.py",
    # It reads the collection's own words from its own files.
    "plugin_utils/report/redact/vocabulary.py",
    "plugin_utils/report/run/gather.py",
    # It opens the streams of a package that it is given.
    "plugin_utils/platforms/windows/msi/compound.py",
    # It opens the parts of a workbook that it is given.
    "plugin_utils/report/run/sheets.py",
    "plugin_utils/catalog/policies.py",
    "plugin_utils/catalog/site.py",
    "plugin_utils/schema/__init__.py",
}
# Modules that do nothing else, and calls that bring in the clock, the environment, chance and files.
TOUCHING = {"subprocess", "socket", "shutil", "tempfile", "random", "secrets"}
CLOCK = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "gmtime", "localtime", "sleep"}
FILES = {
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "exists",
    "is_file",
    "is_dir",
    "iterdir",
    "glob",
}
FILES |= {"rglob", "stat", "lstat", "listdir", "scandir", "unlink", "mkdir", "rename", "replace_file", "walk", "access"}
BUILT_IN = {"open", "input", "print"}
OTHERS = {"getenv", "environ", "urandom", "uuid1", "uuid4", "system", "popen", "getpid"} | BUILT_IN


def _touched(text: ast.Module) -> set[str]:
    """Return what code calls, or imports from a module, that differs from run to run."""
    found = set()
    for node in ast.walk(text):
        if isinstance(node, ast.Call):
            called = node.func
            found |= {called.id} & BUILT_IN if isinstance(called, ast.Name) else set()
            found |= {called.attr} if isinstance(called, ast.Attribute) else set()
        elif isinstance(node, ast.Attribute) and node.attr == "environ":
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {alias.name for alias in node.names}
    return found & (CLOCK | FILES | OTHERS)


def test_engine_touches_the_world_only_where_it_reads_code_catalog_plans_and_records() -> None:
    found = {short(path) for path in ENGINE if TOUCHING & set(imported(path)) or _touched(tree(path))}
    assert found <= READERS, sorted(found - READERS)


@pytest.mark.parametrize(
    ("code", "is_touching"),
    [
        ("import datetime\ndatetime.datetime.now(datetime.timezone.utc)", True),
        ("from datetime import date\ndate.today()", True),
        ("from time import time", True),
        ("import time\ntime.time()", True),
        ("open('/etc/passwd')", True),
        ("from pathlib import Path\nPath('/etc/passwd').read_text()", True),
        ("import os\nos.environ['HOME']", True),
        ("import io\nio.open('x')", True),
        ("from datetime import datetime\ndatetime.strptime('2026-01-01', '%Y-%m-%d')", False),
        ("import io\nio.StringIO(newline='')", False),
        ("from pathlib import PurePosixPath\nPurePosixPath('/a').parent", False),
        ("import os\nos.path.join('a', 'b')", False),
    ],
)
def test_a_call_that_touches_the_world_is_seen_and_a_module_s_import_is_none(code: str, is_touching: bool) -> None:
    assert bool(_touched(ast.parse(code))) is is_touching


def test_endpoint_code_knows_the_standard_library_and_itself() -> None:
    assert _foreign([path for path in ENDPOINT if path != PLAIN], f"{HOME}module_utils") == []
    assert _foreign([PLAIN], f"{HOME}module_utils", "ansible.module_utils.basic") == []


def test_every_file_can_be_imported() -> None:
    """Ansible imports an action when a task needs it: if the action was moved, this would fail only then."""
    for path in SHARED + CONTROLLER:
        importlib.import_module(HOME + ".".join(path.relative_to(PLUGINS).with_suffix("").parts))


# From bottom to top. A room knows itself and what is below; those in one line do not know each other.
CONTROLLERS_ROOMS = (
    ("",),
    ("schema",),
    ("catalog",),
    ("device_list",),
    ("detect",),
    ("plan",),
    ("platforms",),
    ("fleet",),
    ("approval",),
    ("carry_out",),
    ("record",),
    ("rollout",),
    ("report",),
)
ENDPOINTS_ROOMS = (
    ("agreed",),
    ("kernel",),
    ("posix",),
    ("linux", "windows"),
    ("prove",),
    ("collect",),
    ("apply",),
)


_ENDPOINTS = [path for path in SHARED if path.parent.name != "module_utils"]


def _room(name: str, side: str) -> str:
    """Return the room of a module of the collection, '' for one that is in none."""
    parts = name.removeprefix(f"{HOME}{side}").strip(".").split(".")
    is_room = (PLUGINS / side / parts[0]).is_dir()
    return parts[0] if is_room else ""


def _packages_in(path: Path, side: str) -> set[str]:
    """Return the rooms that a file imports as a whole: from .. import platforms."""
    top = f"{HOME}{side}"
    package = _module(path).split(".") + ([] if path.name != "__init__.py" else ["__init__"])
    return {
        f"{top}.{alias.name}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and ".".join([*(package[: -node.level] if node.level else []), *([node.module] if node.module else [])]) == top
        for alias in node.names
    }


def _upwards(paths: list[Path], side: str, rooms: tuple[tuple[str, ...], ...]) -> list[str]:
    rank = {name: number for number, names in enumerate(rooms) for name in names}
    found = []
    for path in paths:
        own = _room(".".join([HOME + side, *path.parts[path.parts.index(side) + 1 :]]), side)
        for name in {*imported(path), *_packages_in(path, side)}:
            other = _room(name, side)
            if name.startswith(f"{HOME}{side}.") and other != own and rank.get(other, -1) >= rank[own]:
                found.append(f"{short(path)}: {name}")
    return found


def test_rooms_know_what_is_below_them_alone() -> None:
    assert _upwards(ENGINE, "plugin_utils", CONTROLLERS_ROOMS) == []
    assert {room for row in ENDPOINTS_ROOMS for room in row} == {
        path.parts[len(PLUGINS.parts) + 1] for path in _ENDPOINTS
    }
    assert _upwards(_ENDPOINTS, "module_utils", ENDPOINTS_ROOMS) == []


def test_a_room_that_knows_one_above_it_is_found() -> None:
    turned = tuple(reversed(CONTROLLERS_ROOMS[1:]))
    assert _upwards(ENGINE, "plugin_utils", (("",), *turned)) != []
    assert _upwards(_ENDPOINTS, "module_utils", (("kernel", "posix"), *ENDPOINTS_ROOMS[:1], *ENDPOINTS_ROOMS[3:])) != []


def test_every_kind_of_step_but_the_handover_is_limited_where_the_kernel_waits() -> None:
    assert {name for name, kind in KINDS.items() if getattr(kind, "IN_RUN", False)} == {"handover"}


def test_a_kind_of_step_lies_in_the_module_of_its_name() -> None:
    modules = {kind: module.__name__.rpartition(".")[2] for kind, module in KINDS.items()}
    assert [f"{kind} lies in {name}" for kind, name in modules.items() if name != kind] == []


def test_collecting_does_not_know_applying() -> None:
    collecting = [path for path in SHARED if "collect" in path.parts]
    assert collecting
    assert [short(path) for path in collecting if any(".apply" in name for name in imported(path))] == []


def test_actions_know_the_engine_and_ansible() -> None:
    actions = [path for path in CONTROLLER if "action" in path.parts]
    assert _foreign(actions, f"{HOME}plugin_utils", "ansible") == []


def _too_new(path: Path) -> list[str]:
    found = [(node.lineno, "walrus") for node in ast.walk(tree(path)) if isinstance(node, ast.NamedExpr)]
    found += [(node.lineno, "f-string") for node in ast.walk(tree(path)) if isinstance(node, ast.JoinedStr)]
    found += [
        (0, "positional-only") for node in ast.walk(tree(path)) if isinstance(node, ast.arguments) and node.posonlyargs
    ]
    found += [(0, "__future__") for name in imported(path) if name == "__future__"]
    return [f"{short(path)}:{line}: {what}" for line, what in found]


def test_endpoint_code_is_of_python_3_6() -> None:
    for path in ENDPOINT:
        ast.parse(path.read_text(encoding="utf-8"), short(path), feature_version=(3, 6))
    assert [found for path in ENDPOINT for found in _too_new(path)] == []


def _old_python() -> str | None:
    homes = [Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions", Path("/opt"), Path("/usr/local")]
    found = [str(path) for home in homes for path in sorted(home.glob("*3.6*/bin/python3.6"))]
    return found[-1] if found else shutil.which("python3.6")


@pytest.mark.skipif(_old_python() is None, reason="there is no Python 3.6 here")
def test_endpoint_code_compiles_under_python_3_6() -> None:
    code = "import sys\nfor path in sys.argv[1:]: compile(open(path, encoding='utf-8').read(), path, 'exec')"
    command = [str(_old_python()), "-c", code, *map(str, ENDPOINT)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.skipif(_old_python() is None, reason="there is no Python 3.6 here")
def test_endpoint_code_is_imported_under_python_3_6() -> None:
    names = [".".join((HOME + short(path)[: -len(".py")]).split("/")) for path in SHARED if path.name != "__init__.py"]
    code = "import importlib, sys\nsys.path.insert(0, sys.argv[1])\nlist(map(importlib.import_module, sys.argv[2:]))"
    command = [str(_old_python()), "-B", "-c", code, str(REPOSITORY / ".cache"), *names]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.skipif(_old_python() is None, reason="there is no Python 3.6 here")
def test_what_asks_the_system_works_under_python_3_6() -> None:
    code = (
        "import os, sys\nsys.path.insert(0, sys.argv[1])\nfrom importlib import import_module as get\n"
        "names = ('linux.process_status', 'posix.running.child', 'posix.running.commands', 'posix.running.moments')\n"
        "status, child, commands, moments = (get(sys.argv[2] + name) for name in names)\n"
        "assert status.start(os.getpid()) > 0 and status.is_roots(1)\n"
        "assert child.told(lambda tell: tell('it'), 10) == 'it'\n"
        "assert commands.run(['sh', '-c', 'echo a; setsid sleep 20 & exit 3'], 10).code == 3\n"
        "with moments.Watch(lambda: True) as watch: assert watch.wait(10)"
    )
    command = [
        str(_old_python()),
        "-B",
        "-c",
        code,
        str(REPOSITORY / ".cache"),
        HOME.replace("/", ".") + "module_utils.",
    ]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr


# Texts for people may name the vendor; only these files write for people, and only in sentences.
FOR_PEOPLE = {
    "plugin_utils/platforms/linux/handover.py": "before and after of a step",
    "plugin_utils/platforms/linux/preflight/packages.py": "titles and remedies",
    "plugin_utils/plan/preflight/products.py": "titles and remedies",
    "plugin_utils/report/detection.py": "what was found on a fleet",
    "plugin_utils/report/next_steps.py": "what to do after a detection",
    "plugin_utils/report/plan/html.py": "the document that is approved",
    "plugin_utils/report/plan/markdown.py": "the document that is approved",
    "plugin_utils/report/plan/prose.py": "the document that is approved",
    "plugin_utils/report/run/html.py": "the report",
    "plugin_utils/report/run/markdown.py": "the report",
    "plugin_utils/report/words.py": "words of the documents",
}
# The administrator's word for the goal is an option's name and a key of the plan.
GOAL = {
    "plugin_utils/plan/goal.py",
    "plugin_utils/plan/model.py",
    "plugin_utils/report/plan/markdown.py",
    "action/migration_plan.py",
    "plugin_utils/record/runs.py",
}


def _named(path: Path) -> list[tuple[int, str]]:
    """Return where a file names a product, except for the word of the goal."""
    goal = short(path) in GOAL
    return [(line, text) for line, text in texts(path) if PRODUCTS.search(text) and not (goal and text == "kaspersky")]


def _is_sentence(text: str) -> bool:
    return " " in text.strip() and not PRODUCTS.search(text.replace("Kaspersky", ""))


def test_logic_names_no_product() -> None:
    found = [
        f"{short(path)}:{line}: {text}"
        for path in SHARED + CONTROLLER
        for line, text in _named(path)
        if not (short(path) in FOR_PEOPLE and _is_sentence(text))
    ]
    assert found == []


def test_files_that_may_name_the_vendor_do() -> None:
    """Otherwise they have to be removed from the list."""
    speaking = {short(path) for path in SHARED + CONTROLLER if _named(path)}
    assert set(FOR_PEOPLE) <= speaking
    assert {path for path in GOAL if "kaspersky" not in [text for _line, text in texts(PLUGINS / path)]} == set()


def test_modules_name_products_in_their_documentation_only() -> None:
    spoken = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
    modules = [path for path in ENDPOINT if path not in SHARED]
    assert modules
    for path in modules:
        top = tree(path).body
        logic = [
            node for node in top if not (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in spoken)
        ]
        said = [node.value for part in logic for node in ast.walk(part) if isinstance(node, ast.Constant)]
        assert [text for text in said if isinstance(text, str) and PRODUCTS.search(text)] == [], path


def test_no_platform_knows_another_one() -> None:
    """What two have in common is the engine's, or stands in each."""
    home = PLUGINS / "plugin_utils" / "platforms"
    rooms = sorted(path.name for path in home.iterdir() if path.is_dir() and path.name != "__pycache__")
    assert len(rooms) > 1
    known = [
        f"{short(path)}: {name}"
        for room in rooms
        for path in sorted((home / room).rglob("*.py"))
        for name in imported(path)
        for other in rooms
        if other != room and name.startswith(f"{HOME}plugin_utils.platforms.{other}")
    ]
    assert known == []


def _platforms_named(paths: list[Path]) -> list[str]:
    rooms = [path.name for path in (PLUGINS / "plugin_utils" / "platforms").iterdir() if path.is_dir()]
    return [
        f"{short(path)}: {name}"
        for path in paths
        if "platforms" not in path.parts
        for name in imported(path)
        if any(name.startswith(f"{HOME}plugin_utils.platforms.{room}") for room in rooms)
    ]


def test_no_code_names_a_platform_by_its_room() -> None:
    """Not even the actions: they ask platforms for the one of a host."""
    assert _platforms_named(CONTROLLER) == []


def test_no_files_know_each_other_in_a_circle() -> None:
    for side in (SHARED, ENGINE):
        assert _circle({_module(path): _known(path) for path in side}) == []


def test_a_circle_is_found() -> None:
    assert _circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert _circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def _module(path: Path) -> str:
    return (HOME + ".".join(path.relative_to(PLUGINS).with_suffix("").parts)).removesuffix(".__init__")


def _known(path: Path) -> set[str]:
    """Return the modules of the collection that a file needs when it is imported, or later."""
    package = _module(path).split(".") + ([] if path.name != "__init__.py" else ["__init__"])
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            above = package[: -node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            named = {f"{base}.{alias.name}" for alias in node.names} & MODULES
            # What is not a module of a package is defined in the package itself.
            found |= named or {base}
    return (found & MODULES) - {_module(path)}


MODULES = {_module(path) for path in ALL}


def _circle(known: dict[str, set[str]]) -> list[str]:
    """Repeatedly remove the modules that import none of the rest, and return those that are left."""
    left = dict(known)
    while free := [name for name, others in left.items() if not others & set(left)]:
        left = {name: others for name, others in left.items() if name not in free}
    while loose := [name for name in left if not any(name in others for others in left.values())]:
        left = {name: others for name, others in left.items() if name not in loose}
    return sorted(left)


# What makes documents and releases, the lab, the benchmarks, and the plugins that only Ansible calls.
CALLED = ("callback", "doc_fragments", "filter", "inventory", "lookup")
WRITTEN_IN = ("docs", "release", "lab", "benchmarks", *(f"plugins/{folder}" for folder in CALLED))
WRITTEN = [path for folder in WRITTEN_IN for path in sorted((REPOSITORY / folder).rglob("*.py"))]


def _lengths(path: Path) -> list[tuple[int, str]]:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return [((one.end_lineno or 0) - one.lineno + 1, f"{path.name}: {one.name}") for one in functions]


def test_files_are_short_and_folders_have_few() -> None:
    files = [*ALL, *WRITTEN]
    assert [str(path) for path in files if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE] == []
    counted = Counter(path.parent for path in files)
    assert [str(folder) for folder, number in counted.items() if number > MOST_FILES] == []


def test_functions_are_short() -> None:
    lengths = [length for path in (*ALL, *WRITTEN) for length in _lengths(path)]
    assert [name for lines, name in lengths if lines > LONGEST_FUNCTION] == []
    assert sum(lines <= SHORT_FUNCTION for lines, _name in lengths) >= SHORT_ONES * len(lengths)


# Where an unexpected error must cost only one kind or one step: how many such places a file may have.
UNFORESEEN = {
    "module_utils/apply/handover/attempts.py": 1,
    "module_utils/apply/handover/handover.py": 3,
    "module_utils/apply/in_child.py": 1,
    "module_utils/apply/main.py": 3,
    "module_utils/apply/handover/overlap.py": 1,
    "module_utils/apply/results.py": 1,
    "module_utils/apply/runner.py": 3,
    "module_utils/apply/taking_back.py": 2,
    "module_utils/collect/collector.py": 1,
    "module_utils/posix/running/outcomes.py": 1,
    "module_utils/posix/running/outlive.py": 1,
    "module_utils/windows/look.py": 1,
    "plugin_utils/report/plan/dry_run.py": 2,
    "plugin_utils/transport/posix.py": 1,
}


def _careless(path: Path) -> list[str]:
    found, allowed = [], UNFORESEEN.get(short(path), 0)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = (
                {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"Exception"}
            )
            if caught == {"Exception"} and allowed:
                allowed -= 1
            elif caught & {"Exception", "BaseException"} or all(isinstance(part, ast.Pass) for part in node.body):
                found.append((node.lineno, "an error is swallowed"))
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            # An account has a shell too, and the form of an evidence item starts nothing.
            shell = called != "seen" and "shell" in [word.arg for word in node.keywords]
            # It loads the code that was sent: Python has no other way to do that.
            loads = called == "exec" and short(path) == "module_utils/start.py"
            if shell or (called in ("os.system", "os.popen", "eval", "exec") and not loads):
                found.append((node.lineno, called))
    return [f"{short(path)}:{line}: {what}" for line, what in found]


def test_no_error_is_swallowed_and_no_shell_is_run() -> None:
    assert [found for path in ALL for found in _careless(path)] == []


def test_every_action_has_its_module() -> None:
    actions = {path.stem for path in (PLUGINS / "action").glob("*.py")}
    assert actions <= {path.stem for path in (PLUGINS / "modules").glob("*.py")}
    assert actions


def test_test_string_stands_in_no_file_in_one_piece() -> None:
    needle = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, timeout=60, check=False)
    if finished.returncode:
        pytest.skip("no git repository here")
    names = [REPOSITORY / name for name in finished.stdout.decode().split("\0") if name]
    assert [path for path in names if path.is_file() and needle in path.read_bytes()] == []
    assert len(needle) == 68
