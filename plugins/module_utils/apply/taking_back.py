# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The rollback of a part in which a step failed: the old protection comes first if nothing has replaced it."""

from ..agreed.outcomes import FAILED, UNDONE
from . import in_child

# The owner loses nothing by these steps, nor by steps that can be undone or change nothing: if nothing has replaced
# the old protection, it can come back after them.
RETURNABLE = ("unit", "processes_end", "kernel_module_unload", "packet_chains_remove", "packet_marks_remove", "retain")


def after(kinds, failed, done, stopped, failure):
    """Undo what was done before a step ``failed`` ((step, outcome)), and report it in the ``failure``.

    ``kinds`` are the modules by kind; ``done`` are such pairs in order. ``stopped`` is the handover to nothing before
    this part, None if there was none.
    """
    if stopped is not None and _is_before_the_first_loss(kinds, failed, done):
        # What ran beside it comes back with it: undoing those steps first would leave the host unprotected longer.
        _protect_again(kinds, stopped, failed[1], failure)
        _take_back(kinds, [pair for pair in done if hasattr(kinds[pair[0]["kind"]], "undo")], failure)
        return
    _take_back(kinds, [(step, outcome) for step, outcome in done if step["undo"]], failure)


def protect_again(kinds, stopped, failure):
    """Bring the old protection back because a part could not even begin; return the facts of that."""
    outcome = {"facts": {}}
    _protect_again(kinds, stopped, outcome, failure)
    return outcome["facts"]


def _is_before_the_first_loss(kinds, failed, done):
    begun = [failed[0]["kind"]] + [step["kind"] for step, _outcome in done]
    return not any(loses(kinds, kind) for kind in begun)


def loses(kinds, kind):
    """Return True if what a kind of step has begun cannot be brought back."""
    module = kinds[kind]
    return kind not in RETURNABLE and not hasattr(module, "undo") and getattr(module, "CHANGES", True)


def _take_back(kinds, done, failure):
    """Undo in reverse; a step that cannot be undone does not stop the others, and the message names it."""
    for step, outcome in sorted(reversed(done), key=lambda pair: _undone_last(kinds, pair[0])):
        try:
            target, kind = dict(step["target"], facts=outcome["facts"]), kinds[step["kind"]]
            facts = in_child.done(step, kind, lambda target=target, kind=kind: kind.undo(target))
            outcome["facts"].update(facts or {})
            if outcome["outcome"] != FAILED:
                outcome["outcome"] = UNDONE
            failure["undone"].append(step["id"])
        except Exception as error:
            outcome["facts"]["not_undone"] = _words(error)
            failure["message"] += " NOT ROLLED BACK: %s: %s" % (step["id"], _words(error))


def _undone_last(kinds, step):
    return getattr(kinds[step["kind"]], "undone_last", lambda _target: False)(step["target"])


def _protect_again(kinds, stopped, outcome, failure):
    """Bring the old protection back, since nothing replaced it and nothing was removed.

    The facts of that, such as ``old_is_back``, are added to those of the step that failed.
    """
    try:
        outcome["facts"].update(kinds[stopped["kind"]].undo(stopped["target"]))
        failure["message"] += " The old protection is back and tested, and nothing of it was removed."
        failure["undone"].append(stopped["id"])
    except Exception as error:
        outcome["facts"].update(getattr(error, "facts", {}), not_undone=_words(error))
        failure["message"] += " NOT ROLLED BACK: %s: %s" % (stopped["id"], _words(error))


def _words(error):
    return str(error) or type(error).__name__
