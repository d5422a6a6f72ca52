"""The mendings of reading Windows Installer's packages: each is taken out in a copy, and the attack has to succeed."""

from __future__ import annotations

from mutations import Mutation

WINDOWS = "plugins/plugin_utils/platforms/windows/"

PACKAGES: tuple[Mutation, ...] = (
    Mutation("package-bomb", f"{WINDOWS}forecast/packages.py", "(packed), LARGEST + 1)", "(packed))"),
    Mutation("package-container", f"{WINDOWS}msi/compound.py", "if place in seen or begin", "if begin"),
    Mutation("package-elsewhere", f"{WINDOWS}planning.py", "in kept if is_path(path))", "in kept)"),
)
