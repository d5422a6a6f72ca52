"""Why staging is tested through a descriptor: a stream becomes a file, which another scanner keeps from the engine.

On the host whose handover was rolled back: its new engine answers, and its old scanner protects.
"""

from __future__ import annotations

import pytest
from conftest import FAULTS, Outcome
from integration import lab
from integration.samples import FRAGMENTS

HOST = "scanner-killed"
SETTINGS, OLD = "/var/opt/kaspersky/kesl/common/kesl.ini", "kesl"
TEMPORARY = "/var/lib/clamav/tmp"
WATCHED = "ProtectedDirs="
# On the host, so that the test string is whole there only.
SCRIPT = f"""
import array, os, socket, struct, sys
data = "".join({FRAGMENTS!r}).encode()
connection = socket.socket(socket.AF_UNIX)
connection.connect("/run/clamav/clamd.ctl")
if sys.argv[1] == "stream":
    connection.sendall(b"zINSTREAM\\0" + struct.pack("!I", len(data)) + data + struct.pack("!I", 0))
else:
    descriptor = os.memfd_create("sample")
    os.write(descriptor, data)
    connection.sendall(b"zFILDES\\0")
    connection.sendmsg([b"\\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))])
print(connection.recv(4096).decode().rstrip("\\0"))
"""

pytestmark = pytest.mark.skipif(HOST not in [fault.name for fault in FAULTS], reason="its host is not in this run")


def _asked(way: str) -> str:
    return lab.must(HOST, "python3", "-", way, given=SCRIPT).strip()


def test_a_stream_is_found_only_where_no_other_scanner_watches(outcomes: dict[str, Outcome]) -> None:
    assert _asked("stream").endswith("FOUND")
    lab.must(HOST, "sed", "--in-place", f"s|^{WATCHED}|&{TEMPORARY} |", SETTINGS)
    lab.must(HOST, "systemctl", "restart", OLD)
    assert _asked("stream") == "stream: OK"
    assert _asked("descriptor").endswith("FOUND")
