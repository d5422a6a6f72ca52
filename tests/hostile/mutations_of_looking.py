"""The fixes in looking and testing: each is removed in a copy, and then the attack has to succeed."""

from __future__ import annotations

from mutations import Mutation

SHARED = "plugins/module_utils/"

LOOKING: tuple[Mutation, ...] = (
    # H2
    Mutation(
        "look-hung-unknown-type",
        f"{SHARED}posix/running/bounded.py",
        "            if left <= 0:\n                return False\n",
        "            left = STEP\n",
    ),
    Mutation(
        "look-remote-homes",
        f"{SHARED}posix/files/foreign.py",
        "    if not REMOTE.search(table):\n        return {}\n",
        "    if table:\n        return {}\n",
    ),
    Mutation(
        "prove-hung-file-system",
        f"{SHARED}prove/on_access.py",
        "        outcome = told(lambda tell: put_and_read(path, data, tell), timeout + SETTLING)\n",
        "        outcome = put_and_read(path, data, lambda found: found)\n",
    ),
    # H3
    Mutation(
        "look-link-in-a-home",
        f"{SHARED}posix/files/places.py",
        "    if place.ground:\n        raise unreadable(below",
        "    if not place:\n        raise unreadable(below",
    ),
    Mutation(
        "look-odd-file-in-a-home",
        f"{SHARED}posix/files/reading.py",
        "elif folder.ground and status.st_nlink > 1 and (status",
        "elif folder.ground and status.st_nlink > 99999 and (status",
    ),
    # M3
    Mutation(
        "look-forged-process",
        f"{SHARED}linux/interception.py",
        "        return (running.st_dev, running.st_ino) == (own.st_dev, own.st_ino)\n",
        "        return own is not None\n",
    ),
    # M4
    Mutation(
        "look-many-names-in-tmp",
        f"{SHARED}collect/packages/installers.py",
        "look.tree.each(folder)",
        "look.tree.entries(folder)",
    ),
    Mutation(
        "look-holes-are-no-room",
        f"{SHARED}collect/files/space.py",
        "min(entry.status.st_size, entry.status.st_blocks * BLOCK)",
        "entry.status.st_size",
    ),
    # M5
    Mutation(
        "look-installers-without-end",
        f"{SHARED}collect/gathering.py",
        "    if spent.takes(item):\n",
        "    if place:\n",
    ),
    # M6
    Mutation(
        "look-rpm-database-fills-run",
        f"{SHARED}posix/files/scratch.py",
        "    if needed * 2 > free:\n",
        "    if needed < 0:\n",
    ),
    Mutation(
        "look-killed-while-rpm-is-asked",
        f"{SHARED}posix/files/scratch.py",
        "        remove_abandoned(self._home)\n",
        "",
    ),
    # M8
    Mutation(
        "prove-protection-that-is-not-there",
        f"{SHARED}prove/on_access.py",
        '        inside = test_files.made(test_files.opened(folder or "/"), directory)\n',
        '        inside = test_files.opened(folder or "/")\n',
    ),
    # L1
    Mutation(
        "look-names-in-the-posix-locale",
        f"{SHARED}posix/files/safe_paths.py",
        'native(meant(path)).split("/")',
        'native(path).split("/")',
    ),
)
