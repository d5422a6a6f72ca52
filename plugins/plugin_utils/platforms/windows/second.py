# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the first look at a host makes worth a second one: who signed programs, and where filters stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import names
from .look import UNKNOWN, Key, Look, text, why_not
from .reads import SERVICES, UNINSTALL, Read, key, of_providers

# A host whose registry is full of such services costs no more than this.
MOST = 24
PLAIN = re.compile(r"[^\\*]{1,256}")
# The newest Windows has the second of them.
INSTANCES = ("Instances", "Parameters\\Instances")


def reads(look: Look) -> list[Read]:
    """Return the reads of a second look, none for a host that has nothing of the vendor's."""
    found = list(_services(look))[:MOST]
    paths = dict.fromkeys(path for path, _key in found if names.is_plain(path))
    told: list[Read] = [{"id": f"signature-{at}", "kind": "signature", "path": path} for at, path in enumerate(paths)]
    places = list(dict.fromkeys(_places(look)))[:MOST]
    told += [{"id": f"place-{at}", "kind": "tree", "path": path, "depth": 1} for at, path in enumerate(places)]
    drivers = [one for path, one in found if path.lower().endswith(".sys")]
    for at, one in enumerate(drivers):
        for number, below in enumerate(INSTANCES, 1):
            told.append(key(f"instances-{at}-{number}", f"{one.path}\\{below}", depth=1, values=["Altitude"]))
    known = {read["id"] for read in look.reads}
    return [*told, *(read for read in of_providers() if told and read["id"] not in known)]


def _services(look: Look) -> Iterator[tuple[str, Key]]:
    """Yield (path of its program, key) of the services and drivers that are the vendor's, or called as if they were."""
    for top in look.keys(SERVICES):
        for one in top.below():
            image = "" if why_not(one.answer) else text(one.values, "ImagePath") or ""
            told = f"{image} {text(one.values, 'DisplayName') or ''}"
            is_wanted = look.wants("own", one.name) or look.is_makers(told)
            if image and is_wanted and PLAIN.fullmatch(one.name):
                yield names.service_program(image, look.variables), one


def _places(look: Look) -> Iterator[str]:
    """Yield the folders in which entries of the vendor say that they lie, and of which nothing was read."""
    for one in (below for top in look.keys(UNINSTALL) for below in top.below()):
        told = [text(one.values, name) or "" for name in ("DisplayName", "Publisher", "InstallLocation")]
        folder = names.expanded(told[2].strip('"'), look.variables).rstrip("\\")
        if (
            not one.user
            and look.is_makers(" ".join(told[:2]))
            and names.is_plain(folder)
            and look.file(folder) == UNKNOWN
        ):
            yield folder


def altitude(look: Look, service: str) -> str:
    """Return where in the order of filters a driver stands, '' where that was not read or is not there."""
    for below in INSTANCES:
        for top in look.keys(f"{SERVICES}\\{service}\\{below}"):
            for one in (top, *top.below()):
                told = text(one.values, "Altitude")
                if told:
                    return told[:50]
    return ""
