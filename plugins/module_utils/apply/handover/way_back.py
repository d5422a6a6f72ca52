# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Bring the old protection back, and report what came of it, whatever goes wrong on the way."""

from . import window
from .attempts import attempted

NOT_BACK = {"old_is_back": False, "old_checks": [], "notes": []}


def taken(old, new, both=None):
    """Stop the new protection, start the old one, and return the facts: whether it intercepts again, and the gap.

    ``both`` is their Overlap if they may run side by side: then the old one is started first. Never raises an error.
    """
    notes = attempted(both.old_first, [], []) if both is not None and old.gone is not None else []
    if new is not None:
        notes += attempted(new.let_installers_end, notes, [])
        notes += attempted(new.take_down, notes, [])
    facts = attempted(old.bring_back, notes, NOT_BACK)
    left = []
    if new is not None:
        left += attempted(new.remove, left, [])
    facts = with_left(dict(facts, notes=notes + facts["notes"]), left + left_out(old))
    if both is not None and old.gone is None and facts["old_is_back"]:
        return dict(facts, not_stopped=True, window_seconds=None)
    facts.update(window.between(old.gone, old.back))
    return facts


def left_out(old):
    """Have the old one leave out nothing more for the new one; return what of that did not work, in words."""
    words = []
    return attempted(old.exclusions.remove, words, words)


def with_left(facts, left):
    """Return the facts of a way back with what was not undone, in words."""
    if not left:
        return dict(facts)
    return dict(facts, notes=facts.get("notes", []) + left, not_undone="; ".join(left))
