"""Look at roots in a separate process, as an endpoint does. Reads what to do as JSON, and writes what was seen.

Run by hostile.py: {home, roots, probes, user, memory, search_path} come in, and {collected, peak} go out:
what was seen of each root, and the most memory that this process or a child of it had at any time, the interpreter's
included, in KiB.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys


def main() -> None:
    """Look at each root in turn."""
    asked = json.load(sys.stdin)
    sys.path.insert(0, asked["home"])
    from ansible_collections.avshift.endpoint.plugins.module_utils.collect import collector, kinds
    from ansible_collections.avshift.endpoint.plugins.module_utils.linux import rpm_database
    from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running import commands

    rpm_database.MEMORY = asked["memory"]
    commands.SEARCH_PATH = asked["search_path"] or commands.SEARCH_PATH
    if asked["user"]:
        os.setgroups([])
        os.setegid(asked["user"])
        # Lazy imports must be done before this process may read no more.
        importlib.import_module(rpm_database.__name__.replace("rpm_database", "nss_database"))
        importlib.import_module("sqlite3")
        for kind in kinds.answered(asked["probes"], False):
            kinds.collector(kind)
    # What an endpoint allows a process by default.
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
    collected = []
    for root in asked["roots"]:
        # Another user may be unable to reach the folder of a root.
        os.chdir(root)
        os.seteuid(asked["user"])
        collected.append(collector.collect(asked["probes"], "."))
        os.seteuid(os.getuid())
    # It looks in children.
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    sys.stdout.buffer.write(json.dumps({"collected": collected, "peak": peak}, ensure_ascii=False).encode("utf-8"))


main()
