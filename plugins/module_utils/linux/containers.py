# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Distinguish a container's process from the host's own."""

import os
import re

# What the control group of a container has in its name: a long id, or the names that Kubernetes and LXC use.
GROUP = re.compile(r"([0-9a-f]{64})|^kubepods|^lxc(?:\.payload|$)")
SHORT = 12


def container_in(text, own):
    """Return a container's id, or the name of its control group, from /proc/PID/cgroup; '' for none. Never raises.

    ``own`` is the same file of the init process: in a container that is checked as a host, all share its groups.
    """
    known = set(_parts(own))
    for part in reversed(_parts(text)):
        named = GROUP.search(part)
        if named and part not in known:
            return named.group(1)[:SHORT] if named.group(1) else part
    return ""


def _parts(text):
    return [part for line in text.split("\n") for part in line.rpartition(":")[2].split("/")]


def container_of(pid):
    """Return the id of the container that a process runs in, '' if it is the host's own or is gone."""
    try:
        named = container_in(_group(pid), _group(1))
        if named:
            return named
        space, own = os.readlink("/proc/%s/ns/pid" % pid), os.readlink("/proc/1/ns/pid")
    except OSError:
        return ""
    return "" if space == own else space.strip("pid:[]")


def _group(pid):
    with open("/proc/%s/cgroup" % pid, encoding="utf-8", errors="replace") as stream:
        return stream.read()
