"""The fixes that attacks on a run between two scanners rest on."""

from __future__ import annotations

from mutations import Mutation

HERE = "plugins/module_utils/apply/handover/"
HANDOVER = (
    Mutation(
        "killed-between-scanners",
        f"{HERE}handover.py",
        "                heir.stand_by()\n                facts = _one_after_the_other(old, new)\n",
        "                facts = _one_after_the_other(old, new)\n",
    ),
    Mutation(
        "killed-after-the-watch-struck",
        f"{HERE}handover.py",
        "starts it again.\n                heir.stand_by()\n",
        "starts it again.\n                heir.dismiss()\n",
    ),
    Mutation("another-run-between", f"{HERE}handover.py", ", run_lock.descriptors()))", "))"),
    Mutation(
        "heir-ended-with-its-scope",
        "plugins/module_utils/posix/running/heir.py",
        "            signal.signal(number, _pass_over)\n",
        "            signal.signal(number, signal.SIG_DFL)\n",
    ),
    Mutation(
        "false-installer",
        "plugins/module_utils/posix/own/own_places.py",
        '        if _is_of_others("/proc/%s" % pid):\n',
        "        if False:\n",
    ),
    Mutation("users-package-lock", f"{HERE}inherited.py", "held[1]).st_uid == 0", "held[1]).st_uid >= 0"),
)
