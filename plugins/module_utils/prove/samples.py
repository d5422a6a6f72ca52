# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The standard test file of the anti-malware industry, and a clean one.

The test string is only assembled on the endpoint: in one piece in a file on the controller, a scanner would find it
there. Its definition, length and hash are those that EICAR publishes.
"""

PIECES = ("X5O!P%@", "AP[4\\PZX", "54(P^)7CC)", "7}$EIC", "AR-STA", "NDARD-AN", "TIVIRU", "S-TEST-", "FILE!$", "H+H*")
CLEAN = b"avshift: a clean file, which must be readable and must not be reported\n"


def detectable():
    """Return the 68 bytes that every antivirus product has to detect and that do no harm."""
    return "".join(PIECES).encode("ascii")
