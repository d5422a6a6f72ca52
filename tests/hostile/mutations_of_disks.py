"""The fixes in looking at a Windows disk: each is removed in a copy, and then the attack has to succeed."""

from __future__ import annotations

from mutations import Mutation

WINDOWS = "plugins/module_utils/windows/"

DISKS: tuple[Mutation, ...] = (
    Mutation("disk-link-for-a-folder", "plugins/module_utils/posix/files/places.py", " | os.O_NOFOLLOW", ""),
    Mutation(
        "disk-link-for-a-file",
        "plugins/module_utils/posix/files/reading.py",
        "(name, READ,",
        "(name, READ & ~os.O_NOFOLLOW,",
    ),
    Mutation("disk-another-file-system", f"{WINDOWS}disk.py", "if reached.device != place.device:", "if False:"),
    Mutation("disk-names-in-two-cases", f"{WINDOWS}disk.py", "if len(spelled) > 1:", "if False:"),
    Mutation(
        "disk-hive-loops",
        f"{WINDOWS}regf.py",
        "if child.parent != key.place or place == key.place or place in key.above:",
        "if False:",
    ),
    Mutation("disk-hive-cut", f"{WINDOWS}registry.py", 'raise failed("%s is damaged', 'raise absent("%s is damaged'),
    Mutation(
        "disk-halves-of-characters", f"{WINDOWS}letters.py", "return HALVES.sub(REPLACEMENT, text)", "return text"
    ),
    Mutation("disk-package-without-end", f"{WINDOWS}trees.py", "if size > MOST_PACKED:", "if size < 0:"),
)
