"""Tests of the PowerShell code that need no PowerShell: does it parse, and what does it call."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sources import PLUGINS, constant

# Debian has no tree-sitter-pwsh. Everywhere else it has to be there.
if os.environ.get("AVSHIFT_CONTROLLER") == "inside":
    pytest.importorskip("tree_sitter_pwsh", reason="tree-sitter-pwsh is on PyPI alone")
tree_sitter = importlib.import_module("tree_sitter")
tree_sitter_pwsh = importlib.import_module("tree_sitter_pwsh")

MODULE, UTIL = PLUGINS / "modules" / "windows_reads.ps1", PLUGINS / "module_utils" / "Reads.psm1"
FILES = sorted([*(PLUGINS / "modules").glob("*.ps1"), *(PLUGINS / "module_utils").rglob("*.psm1")])
# For the lab and the acceptance test, not part of the collection.
ELSEWHERE = sorted(path for folder in ("lab", "tests") for path in (PLUGINS.parent / folder).rglob("*.ps1"))
# Cmdlets that read, or that only create an object in memory. None of them is an alias.
COMMANDS = {
    "New-Object",
    "ConvertTo-Json",
    "Set-StrictMode",
    "Export-ModuleMember",
    "Add-Type",
    "Get-AuthenticodeSignature",
    "Get-CimInstance",
}
TYPES = {
    "Microsoft.Win32.RegistryHive",
    "Microsoft.Win32.RegistryKey",
    "Microsoft.Win32.RegistryValueOptions",
    "Microsoft.Win32.RegistryView",
    "System.Convert",
    "System.DateTime",
    "System.Diagnostics.FileVersionInfo",
    "System.Diagnostics.Process",
    "System.Diagnostics.Stopwatch",
    "System.Environment",
    "System.Exception",
    "System.IO.Compression.CompressionMode",
    "System.IO.DirectoryInfo",
    "System.IO.DirectoryNotFoundException",
    "System.IO.File",
    "System.IO.FileAttributes",
    "System.IO.FileNotFoundException",
    "System.IO.IOException",
    "System.IO.Path",
    "System.Security.Principal.WindowsBuiltInRole",
    "System.Security.Principal.WindowsIdentity",
    "System.Security.SecurityException",
    "System.ServiceProcess.ServiceController",
    "System.UnauthorizedAccessException",
    "bool",
    "byte[]",
    "int",
    "string",
    "string[]",
}
# Types that New-Object creates, by name.
MADE = {
    "System.Collections.ArrayList",
    "System.Diagnostics.ProcessStartInfo",
    "System.IO.Compression.GZipStream",
    "System.IO.DirectoryInfo",
    "System.IO.FileInfo",
    "System.IO.MemoryStream",
    "System.Security.Principal.WindowsPrincipal",
    "System.Text.RegularExpressions.Regex",
}
# Members that write, delete, load code, or run text.
NEVER = re.compile(
    r"Invoke-Expression|\biex\b|Win32_Product|ScriptBlock|SetValue|CreateSubKey|Delete(?!')|WriteAll|AppendAll|Move\b|Replace\(|"
    r"SetAccess|DownloadString|Invoke-WebRequest|Start-Process|Set-Item|Remove-Item|New-Item|Out-File|Assembly(?!Name)|TypeDefinition",
    re.IGNORECASE,
)
PRODUCT = re.compile("kasper|kesl|klnagent|defender|clamav", re.IGNORECASE)


def _nodes(path: Path) -> Iterator[tuple[Any, str]]:
    """Yield (node, its text) of a script's syntax tree."""
    text = path.read_bytes()
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))
    waiting = [parser.parse(text).root_node]
    while waiting:
        node = waiting.pop()
        yield node, text[node.start_byte : node.end_byte].decode()
        waiting += node.children


def _texts(path: Path, kind: str) -> list[str]:
    return [text for node, text in _nodes(path) if node.type == kind]


def _code(path: Path) -> str:
    return "\n".join(line.partition("#")[0] for line in path.read_text(encoding="ascii").splitlines())


def test_there_is_one_module_with_one_util() -> None:
    assert FILES == [UTIL, MODULE]


@pytest.mark.parametrize("path", [*FILES, *ELSEWHERE], ids=lambda path: path.name)
def test_it_parses_and_is_ascii(path: Path) -> None:
    assert path.read_bytes().isascii()
    wrong = [(node.start_point, text[:60]) for node, text in _nodes(path) if node.type == "ERROR" or node.is_missing]
    assert wrong == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_calls_only_what_reads(path: Path) -> None:
    own = set(_texts(UTIL, "function_name"))
    assert len(own) > 15
    called = set(_texts(path, "command_name"))
    assert called
    assert called - own - COMMANDS == set()
    used = {text.strip("[]") if not text.endswith("[]]") else text[1:-1] for text in _texts(path, "type_literal")}
    assert used - TYPES == set()
    made = set(re.findall(r"New-Object -TypeName ([\w.]+)", path.read_text(encoding="ascii")))
    assert made - MADE == set()
    assert _code(path).count("New-Object") == len(re.findall(r"New-Object -TypeName [\w.]+", _code(path)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_runs_no_text_writes_nothing_and_names_no_product(path: Path) -> None:
    assert NEVER.findall(_code(path)) == []
    assert PRODUCT.findall(path.read_text(encoding="ascii")) == []
    assert _texts(path, "command_invocation_operator") == []


def test_it_starts_three_programs_and_no_other() -> None:
    text = UTIL.read_text(encoding="ascii")
    assert re.findall(r"'(\w[\w-]*\.exe)'", text) == ["fltmc.exe", "fltmc.exe", "manage-bde.exe"]
    assert text.count("[System.Diagnostics.Process]::Start") == 1


def test_it_does_without_what_makes_an_event_source() -> None:
    required = re.findall(r"^#(?:AnsibleRequires|Requires) .*$", MODULE.read_text(encoding="ascii"), re.MULTILINE)
    assert required == ["#AnsibleRequires -PowerShell ..module_utils.Reads", "#Requires -Version 5.1"]


def test_its_arguments_are_those_that_are_documented() -> None:
    documented = yaml.safe_load(str(constant(MODULE.with_suffix(".py"), "DOCUMENTATION")))["options"]
    used = set(re.findall(r"complex_args\.(\w+)", MODULE.read_text(encoding="ascii"))) - {"ContainsKey"}
    assert used == set(documented)
    returned = yaml.safe_load(str(constant(MODULE.with_suffix(".py"), "RETURN")))
    last = MODULE.read_text(encoding="ascii").strip().splitlines()[-1]
    assert set(re.findall(r"(\w+) = ", last)) == {*returned, "changed"}


FAULTS = {
    "an alias": "gci C:\\",
    "a download": "Invoke-WebRequest http://x",
    "text that is run": "Invoke-Expression $x",
    "a variable that is run": "& $x",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.ps1"
    path.write_text(MODULE.read_text(encoding="ascii") + FAULTS[fault] + "\n", encoding="ascii")
    for check in (test_it_calls_only_what_reads, test_it_runs_no_text_writes_nothing_and_names_no_product):
        try:
            check(path)
        except AssertionError:
            return
    pytest.fail(f"{FAULTS[fault]} was not seen")
