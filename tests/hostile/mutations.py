"""The mendings that attacks rest on: each is taken out in a copy, and the attack has to succeed there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """In ``file`` the text ``held``, which is there once, becomes ``broken``; then ``attack`` has to fail."""

    attack: str
    file: str
    held: str
    broken: str


MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "planted-imports",
        "plugins/module_utils/start.py",
        "    unlink_own_file()\n    trust_no_directory()\n",
        "    unlink_own_file()\n",
    ),
    Mutation(
        "module-file-left",
        "plugins/module_utils/start.py",
        "    unlink_own_file()\n    trust_no_directory()\n",
        "    trust_no_directory()\n",
    ),
    Mutation(
        "python-of-another-age",
        "plugins/module_utils/start.py",
        "    refusal = why_not(given)\n",
        "    refusal = None\n",
    ),
    Mutation(
        "not-root",
        "plugins/module_utils/start.py",
        'if given["as_root"] and os.geteuid() != 0:',
        "if os.geteuid() < 0:",
    ),
    Mutation(
        "interpreter-never-answers",
        "plugins/plugin_utils/adapter.py",
        "        except TIMED_OUT:\n",
        "        except limits.OverdueError:\n",
    ),
)
