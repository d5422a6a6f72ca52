# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read policy packs: those of the catalog by their id, an organisation's own by its path."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from .. import schema, yaml_text
from ..documents import read_bytes
from ..errors import AvshiftError
from . import site
from .files import HOME, MOST_BYTES, of_kind
from .packs import Pack

TOLD = ("id", "name", "jurisdiction", "citation", "binds", "force", "as_of", "confidence")


def load(chosen: list[str], sites: tuple[Path, ...] = ()) -> tuple[Pack, ...]:
    """Return the packs of these ids or paths (ending in .yml), each once; a site's pack before one of the same id.

    Raises AvshiftError naming an id that is not known, or a file that cannot be read or is no pack.
    """
    known = known_packs(sites)
    return tuple(_pack(_path(name, known)) for name in dict.fromkeys(chosen))


def known_packs(sites: tuple[Path, ...] = ()) -> dict[str, Path]:
    """Return the packs of the catalog and of a site's folders: {id: file}."""
    own = of_kind(HOME, "policies")
    others = [path for folder in sites for kind, path in site.files(folder) if kind == "policies"]
    return {path.stem: path for path in (*own, *others)}


def _path(name: str, known: dict[str, Path]) -> Path:
    if name.endswith((".yml", ".yaml")):
        return Path(name)
    if name not in known:
        cause = "there is no such policy pack"
        remedy = f"Give one of {', '.join(sorted(known))}, or the path of your own file, ending in .yml."
        raise AvshiftError("policy_unknown", "Choosing a policy", name, cause, remedy)
    return known[name]


def _pack(path: Path) -> Pack:
    try:
        text = read_bytes(path, MOST_BYTES)
        entry = yaml_text.parse(text)
        broken = schema.violations("policy", entry)
        if broken:
            raise ValueError("; ".join(schema.lines(broken)))
        by_class, by_product = _said(entry, "classes"), _said(entry, "products")
    except (OSError, ValueError) as error:
        remedy = "Write it as catalog/data/schemas/policy.schema.json says."
        raise AvshiftError("policy_unreadable", "Reading a policy pack", str(path), str(error), remedy) from error
    told = {**{name: entry[name] for name in TOLD}, "digest": hashlib.sha256(text).hexdigest()}
    return Pack(told["id"], by_class, by_product, told)


def _said(entry: dict[str, Any], key: str) -> dict[str, str]:
    """Return {class or product: disposition}; ValueError if two rulings name the same one."""
    said: dict[str, str] = {}
    for ruling in entry["rulings"]:
        for name in ruling.get(key, ()):
            if name in said:
                raise ValueError(f"{name} is named twice")
            said[name] = ruling["disposition"]
    return said
