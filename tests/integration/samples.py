"""The industry's test file and a clean one, put on a host for one test. The test string is whole only in memory."""

from __future__ import annotations

import subprocess

from integration import lab

FRAGMENTS = ("X5O!P%@AP[4\\PZ", "X54(P^)7CC)7}$", "EICAR-STAND", "ARD-ANTIVIRUS", "-TEST-FILE!$H+H*")
DETECTABLE = "".join(FRAGMENTS)
CLEAN = "a clean file of the scenario's tests\n"
# Fails with its own status if the file cannot be created, else ends like the command. The file is always removed.
SCRIPT = 'trap "rm -f $0" EXIT; cat >"$0" || exit 99; "$@" "$0"'


def tried(host: str, folder: str, content: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a new file in a folder of a host; the file is removed afterwards."""
    done = lab.on(host, "sh", "-c", SCRIPT, f"{folder}/scenario-sample", *command, given=content)
    assert done.returncode != 99, done.stdout
    return done
