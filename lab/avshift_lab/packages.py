"""Builds the packages of stand-ins: the same sources, switches and form, the same file."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from . import deb, payload, rpm, stand_ins
from .paths import CACHE
from .stand_ins import StandIn

MAKERS = (stand_ins, payload, deb, rpm)


class Form(NamedTuple):
    """How the packages of one package manager are named and made."""

    file_name: Callable[[StandIn], str]
    make: Callable[[StandIn, Mapping[str, str], Path], Path]


FORMS = {"deb": Form(deb.file_name, deb.make), "rpm": Form(rpm.file_name, rpm.make)}


@dataclass(frozen=True)
class Package:
    """A stand-in in the form of one package manager."""

    stand_in: StandIn
    form: str = "deb"

    @property
    def file_name(self) -> str:
        """The name that the vendor's file would have."""
        return FORMS[self.form].file_name(self.stand_in)

    @property
    def digest(self) -> str:
        """The digest of everything that decides the package's content."""
        one = self.stand_in
        made_by = hashlib.sha256(self.form.encode())
        for module in MAKERS:
            made_by.update(Path(str(module.__file__)).read_bytes())
        made_by.update(json.dumps([one.description, dict(one.switches)], sort_keys=True).encode())
        for source in sorted(one.sources, key=lambda source: source.path):
            made_by.update(f"{source.path} {source.mode:o}\n{source.text}".encode())
        return made_by.hexdigest()[:12]


def build(package: Package) -> Path:
    """The finished file, made now or earlier."""
    target = CACHE / "packages" / package.digest / package.file_name
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    values = {**package.stand_in.values, "package_form": package.form}
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        FORMS[package.form].make(package.stand_in, values, Path(folder)).rename(target)
    return target
