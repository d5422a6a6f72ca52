# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Paths, words and limits of Linux that the controller and endpoints both use. They are defined only here."""

# States in which systemd runs no process of a unit.
STOPPED = ("inactive", "failed")
# Flags of a file that keep it from being removed.
FLAGS = {"i": "immutable", "a": "append-only"}
# Seconds to wait for a package manager's lock.
LOCK_WAIT = 300
# What a package manager does to a package; a purge also takes its configuration.
INSTALL, REMOVE, PURGE = "install", "remove", "purge"
# How a line of a shell's file can be placed, as collect/lines/shell_lines.py determines it.
PLAIN, OPENED, UNSURE = "plain", "opened", "unsure"
# Any fwmark: stands for the mark of something that uses marks in a way that could not be read.
ANY_MARK = "any"
# Where a distribution keeps what it trusts: certificates, which of them are chosen, and where programs look for one.
CERTIFICATES, CHOSEN, CERTIFICATE_LINKS = "/usr/share/ca-certificates", "/etc/ca-certificates.conf", "/etc/ssl/certs"
