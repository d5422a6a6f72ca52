"""The fixes against faults and against what starts a run: each is removed in a copy, and the attack has to succeed."""

from __future__ import annotations

from mutations import ENGINE, Mutation

SHARED = "plugins/module_utils/"
RUNNING = f"{SHARED}posix/running/"
# Every step is done in the run's own process.
NO_CHILD = (f"{SHARED}apply/in_child.py", '    if getattr(kind, "IN_RUN", False):\n', "    if True:\n")

FAULTS: tuple[Mutation, ...] = (
    Mutation(
        "inherited-by-the-module",
        f"{SHARED}start.py",
        "    inherit_nothing()\n    import base64\n",
        "    import base64\n",
    ),
    Mutation(
        "killed-while-it-removes",
        f"{RUNNING}bounded.py",
        "        end_with.parent(waiting)\n",
        "",
    ),
    Mutation(
        "interpreter-stays",
        f"{SHARED}start.py",
        '__main__":\n    main_and_no_more()\n',
        '__main__":\n    main()\n',
    ),
    Mutation("user-child-outlives", f"{RUNNING}one_user.py", "            end_with.parent(waiting)\n", ""),
    Mutation("memory-file-left", f"{SHARED}posix/files/memory_file.py", "            _remove_left(folder)\n", ""),
    Mutation("do-slow-installer", f"{RUNNING}commands.py", "        bounded.goes_on()\n", ""),
    Mutation("do-hung-with-commands", *NO_CHILD),
    Mutation("do-hung-packages", *NO_CHILD),
    Mutation(
        "do-hung-journal",
        f"{SHARED}posix/own/own_journal.py",
        'return bounded.done(act, LIMIT, PATH, "Reading or writing the journal")',
        "return act()",
    ),
    Mutation("do-hung-archive", *NO_CHILD),
    Mutation(
        "do-hung-pending",
        f"{SHARED}apply/in_child.py",
        '        board.begin(step["id"], LIMIT, without_progress=True)\n',
        '        board.begin(step["id"], 9999, without_progress=True)\n',
    ),
    Mutation("do-hung-way-back", *NO_CHILD),
    Mutation(
        "look-link-by-an-access-list",
        f"{SHARED}posix/files/foreign.py",
        "(status.st_gid != 0 or _has_list(descriptor))",
        "status.st_gid != 0",
    ),
    Mutation(
        "end-forged-process",
        f"{SHARED}linux/interception.py",
        '        if _mounts_of("ns/mnt", folder) == _mounts_of("/proc/1/ns/mnt"):\n',
        "        if folder:\n",
    ),
    Mutation(
        "prove-forged-notifications",
        f"{SHARED}linux/interception.py",
        "bits if is_roots(pid) else bits & PERMISSION_BITS)",
        "bits)",
    ),
    Mutation(
        "text-that-acts-at-v",
        f"{ENGINE}transport/adapter.py",
        "**all_visible(made), ",
        "**made, ",
    ),
    Mutation(
        "text-that-acts-in-any-result", f"{ENGINE}transport/adapter.py", "**all_visible(made), **kept", "**made, **kept"
    ),
    Mutation(
        "host-takes-the-controller-s-words",
        f"{ENGINE}errors.py",
        "return code in (NOT_BEGUN, UNREACHABLE) or code.endswith(FORECAST_ONLY)",
        "return code in (NOT_BEGUN, UNREACHABLE)",
    ),
    Mutation(
        "host-of-another-platform", f"{ENGINE}transport/windows.py", 'if facts.get("platform") == NAME:', "if False:"
    ),
    Mutation(
        "secret-repeated",
        f"{ENGINE}transport/failures.py",
        'without(str(result.get(name) or ""), secrets)',
        'str(result.get(name) or "")',
    ),
    Mutation(
        "no-room-for-its-own",
        f"{SHARED}posix/own/run_lock.py",
        'raise EndpointError("no_room_for_lock"',
        'EndpointError("no_room_for_lock"',
    ),
    Mutation(
        "name-that-stands-twice", f"{ENGINE}canonical.py", "json.loads(raw, object_pairs_hook=_once)", "json.loads(raw)"
    ),
)
