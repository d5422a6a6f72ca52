# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Places, words and limits of Linux that the controller and endpoints both use. They stand here alone."""

# States in which systemd runs nothing of a unit.
STOPPED = ("inactive", "failed")
# Flags of a file that keep it from being removed.
FLAGS = {"i": "immutable", "a": "append-only"}
# Seconds to wait for a package manager's lock.
LOCK_WAIT = 300
# Where a line of a shell's file stands, as collect/lines/shell_lines.py finds it.
PLAIN, OPENED, UNSURE = "plain", "opened", "unsure"
# Any mark of a packet: what uses marks in a way that could not be read.
ANY_MARK = "any"
# What a distribution trusts: its certificates, which of them are chosen, and where programs look for single files.
CERTIFICATES, CHOSEN, CERTIFICATE_LINKS = "/usr/share/ca-certificates", "/etc/ca-certificates.conf", "/etc/ssl/certs"
