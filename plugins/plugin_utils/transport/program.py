# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The code that runs on endpoints: all of it as one text to be sent, and the module that starts it there."""

from __future__ import annotations

import base64
import functools
import json
import os
import zlib
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2]
ENDPOINT = PLUGINS / "module_utils"
PACKAGE = "ansible_collections.avshift.endpoint.plugins"
MODULE = "avshift_endpoint"
# By this line Ansible knows that it has to find the host's Python.
FIRST_LINE = "#!/usr/bin/python\n"


@functools.cache
def program() -> str:
    """Return the sources of module_utils by module name: JSON, compressed, in base 64; ``start.py`` reads it."""
    packages = PACKAGE.split(".")
    sources = {".".join(packages[:depth]): "" for depth in range(1, len(packages) + 1)}
    for path in sorted(ENDPOINT.rglob("*.py")):
        sources[_name(path)] = path.read_text(encoding="utf-8")
    return base64.b64encode(zlib.compress(json.dumps(sources).encode(), 9)).decode()


def write_module(folder: Path) -> None:
    """Write the module MODULE into a folder, as a whole: other processes may be reading it."""
    folder.mkdir(exist_ok=True)
    text = FIRST_LINE + (ENDPOINT / "start.py").read_text(encoding="utf-8")
    written = folder / f"{MODULE}.{os.getpid()}.new"
    written.write_text(text, encoding="utf-8")
    written.rename(folder / f"{MODULE}.py")


def _name(path: Path) -> str:
    parts = path.relative_to(PLUGINS).with_suffix("").parts
    return ".".join([PACKAGE, *(parts[:-1] if parts[-1] == "__init__" else parts)])
