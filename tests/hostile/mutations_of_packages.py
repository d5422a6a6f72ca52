"""The fixes in reading Windows Installer packages: each is removed in a copy, and then the attack has to succeed."""

from __future__ import annotations

from mutations import Mutation

WINDOWS = "plugins/plugin_utils/platforms/windows/"

PACKAGES: tuple[Mutation, ...] = (
    Mutation("package-bomb", f"{WINDOWS}forecast/packages.py", "(packed), LARGEST + 1)", "(packed))"),
    Mutation("package-container", f"{WINDOWS}msi/compound.py", "if place in seen or begin", "if begin"),
    Mutation("package-elsewhere", f"{WINDOWS}planning.py", "in packages(look) if is_path(path))", "in packages(look))"),
)

SECOND_LOOK: tuple[Mutation, ...] = (
    Mutation("windows-second-look-elsewhere", f"{WINDOWS}second.py", "and names.is_plain(folder)", ""),
    Mutation("windows-second-look-flood", f"{WINDOWS}second.py", "(_places(look)))[:MOST]", "(_places(look)))"),
    Mutation("windows-borrowed-folder", f"{WINDOWS}judges.py", "in entries if not is_users(item)}", "in entries}"),
    Mutation("windows-signature-by-name", f"{WINDOWS}facts/signatures.py", 'answer["status"] == VALID and ', ""),
)
