# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Start the new real-time protection and test it, and return it to its state before the handover.

How depends on what was staged. A product that can run on demand beside another engine has a ``unit``, which is
started. One that can be passive is switched by the commands in ``activate``, and switched back by those in
``deactivate``. One that cannot run beside another engine is installed now by the steps in ``install``, which also
remove it again.
"""

import time

from ...linux import interception, systemd
from ...posix.errors import CutOff, EndpointError, Problem
from ...posix.running.commands import must
from ...posix.running.moments import Moment, Watch
from ...prove import on_access, on_demand, real_time, vendor
from ...prove.checks import BAD, OK, check, overall
from .. import in_child
from ..packages import going_on, kit_install, packages_install
from ..services.boot_links_remove import starting
from ..services.unit import stop
from . import enrol
from .attempts import each
from .limits import PROOF_AGAIN, PROOF_LIMIT, PROOF_PAUSE, STEADY

INSTALLS = {"enrol": enrol, "kit_install": kit_install, "packages_install": packages_install}
STOP_LIMIT = 90
# An engine that takes longer to answer one access has not started.
ANSWER_LIMIT = 10
# A unit that restarts by itself has its marks back by then; one that keeps running without them never will.
LOST_LIMIT = 1
GIVEN_UP_PAUSE = 0.2
ATTEMPTS = 3
NO_MARKS = "new_does_not_intercept"


class New:
    """The new protection; ``new`` is the target of a handover, as the planner makes it.

    Without ``marks`` it does not intercept with fanotify, and its method leaves no trace: that it protects is then
    seen by its own answers and by a refused access, and counts from when both are there. One that only notifies
    ``tells``: it reports what it finds in the log of its unit.
    """

    def __init__(self, new):
        self._new = new
        self._bits = interception.TELLING_BITS if new["tells"] else interception.PERMISSION_BITS
        self._installed = []
        self._was_cut = False
        self._ran_before = []
        self._asked = None

    def is_up(self):
        """Return True if it intercepts and starts at boot; a product without marks is asked."""
        own = systemd.show(self._own()).values()
        if any(unit["UnitFileState"] != "enabled" for unit in own) or (self._new["marks"] and not self._held()):
            return False
        if self._new["guard"] and not systemd.is_active(self._new["guard"]):
            return False
        if self._new["replaces"] and (systemd.is_active(self._new["replaces"]) or starting(self._new["replaces"])):
            return False
        return not self._new["probes"] or overall(vendor.prove(self._new["probes"])) == OK

    def prepare(self):
        """Have systemd load its unit as it is configured, before anything is stopped."""
        self._targets()
        if not self._new["install"]:
            systemd.reload_if_needed(self._own() + self._replaced())

    def bring_up(self):
        """Start it until it passes its self-test; return (Moment from which it protects, checks, number of attempts).

        An engine can lose its marks right after it has set them (clamonacc 1.4.6 did, with "ClamInotif: stopped" in its
        log and no error). Starting it again costs a fraction of what a rollback would.
        """
        self._install()
        if self._replaced():
            self._ran_before = [name for name in self._replaced() if systemd.is_active(name)]
            stop(self._replaced(), STOP_LIMIT)
        for attempt in range(1, ATTEMPTS + 1):
            there = self._start(self._new["limit"])
            checks = self._prove_alone()
            if overall(checks) == OK:
                self._keep()
                return there or Moment.now(), checks, attempt
        raise self._not_proven(checks)

    def stand_beside(self, proof, is_over):
        """Start it while the old one still intercepts, until ``proof()`` (checks) holds, and return all checks.

        ``is_over()`` returns True once it may no longer run beside the old one.
        """
        limit = PROOF_LIMIT
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._start(self._new["overlap"]["start_limit"])
            except EndpointError as error:
                # Its marks may have come and gone between two looks; the old one protects while it is started again.
                if error.code != NO_MARKS or attempt == ATTEMPTS or is_over():
                    raise
                continue
            before = set(self._held())
            checks = self._prove(proof, limit)
            if overall(checks) == OK:
                checks.append(self._steady(before, is_over))
            if overall(checks) == OK:
                return checks
            if is_over() or (overall(checks[:1]) == OK and limit == PROOF_AGAIN):
                # It has its marks and was started again: one more time would change nothing.
                break
            limit = PROOF_AGAIN
        raise self._not_proven(checks)

    def _prove_alone(self):
        """Return the checks while the old one does not run."""
        before = set(self._held())
        checks = self._prove()
        if before and overall(checks) == OK:
            checks.append(self._steady(before, lambda: False))
        return checks

    def _steady(self, before, is_over):
        """Return the check that a process that intercepted ``before`` the self-test does so to its end, and a while
        longer: one that ends again and again passes a test in between.
        """
        until = time.monotonic() + STEADY
        while before & set(self._held()):
            if is_over() or time.monotonic() > until:
                return check("steady", OK, "the same process intercepts")
            time.sleep(PROOF_PAUSE)
        return check("steady", BAD, "the process that intercepted has ended")

    def stand_alone(self):
        """Test it after the old one is gone, as ``bring_up`` does; return (checks, number of attempts)."""
        checks = self._prove_alone()
        if overall(checks) == OK:
            self._keep()
            return checks, 1
        _there, checks, attempts = self.bring_up()
        return checks, attempts + 1

    def protects(self):
        """Return True if it runs as it should and passes its self-test, without anything being started."""
        if not self._new["marks"] or self._new["install"] or self._new["replaces"] or self._uncovered():
            return False
        return overall(self._prove()) == OK

    def _keep(self):
        systemd.tell("enable", self._own())
        if self._replaced():
            systemd.tell("disable", self._replaced())

    def _not_proven(self, checks):
        bad = "; ".join("%s: %s" % (found["id"], found["detail"]) for found in checks if found["result"] != OK)
        return EndpointError("new_not_proven", "Testing the new protection", self._new["unit"], bad, "Check its log.")

    def take_down(self):
        """Stop it, or make it passive again, before the old one is started; return the errors as texts."""
        if self._new["deactivate"]:
            return each(_tell, self._new["deactivate"])
        errors = each(lambda unit: stop([unit], STOP_LIMIT), reversed(self._own()))
        return errors + each(lambda unit: systemd.tell("start", [unit]), self._ran_before)

    def let_installers_end(self):
        """Wait for an installation that goes on because only the run that has started it was ended; return notes.

        At its end it starts what it has installed, which may not run beside the old one: two scanners that wait for
        each other stop the whole host, which is worse than some more minutes of those that such a product takes
        without protection anyway. One that failed, or that hangs, is not waited for, nor a product that can run beside
        another one: it was installed before anything was stopped.
        """
        step = self._installed[-1] if self._was_cut else None
        if step is None or going_on.ends_within(lambda: going_on.is_installing(step["target"]), going_on.LIMIT):
            return []
        return ["the installation of the new protection goes on, after another %d s" % going_on.LIMIT]

    def remove(self):
        """Remove what the handover installed, once the old one protects again; return the errors as texts."""
        return each(lambda step: _in_child(step, "undo"), reversed(self._installed))

    def _own(self):
        """Return its unit, followed by the one that would start it again."""
        return [self._new["unit"]] + [name for name in [self._new["guard"]] if name]

    def _replaced(self):
        """Return the package's own unit, which the collection's unit replaces, if it runs or starts at boot."""
        return [name for name in [self._new["replaces"]] if name]

    def _install(self):
        for step in self._new["install"]:
            if not _in_child(step, "look"):
                self._installed.append(step)
                try:
                    _in_child(step, "do")
                except Problem as error:
                    self._was_cut = isinstance(error, CutOff) or error.code == "child_ended"
                    raise

    def _start(self, limit):
        """Start it and return the Moment of its marks on each protected path; None if it leaves none."""
        if not self._new["marks"]:
            self._set_going(limit)
            return None
        with Watch(lambda: not self._uncovered()) as there:
            self._set_going(limit)
            moment = self._awaited(there, limit)
        if moment is None:
            raise EndpointError(
                NO_MARKS,
                "Starting the new protection",
                self._new["unit"],
                "no mark on %s; given up after at most %d s" % (", ".join(self._uncovered()) or "some", limit),
                "Check its log.",
            )
        return moment

    def _set_going(self, limit):
        for command in self._new["activate"]:
            _tell(command)
        if not self._new["activate"]:
            # One that was installed just now has been started by its package, and may already be scanning.
            systemd.tell("start" if self._new["install"] else "restart", [self._new["unit"]], limit)

    def _awaited(self, there, limit):
        """Return the Moment of the marks, or None: at the limit, or as soon as the unit will clearly not start."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            moment = there.wait(GIVEN_UP_PAUSE)
            if moment is not None or not systemd.is_going(self._new["unit"]):
                return moment
        return None

    def _uncovered(self):
        """Return the protected paths without a mark; "anything" if there is no mark at all."""
        held = [target for targets in self._held().values() for target in targets]
        return interception.uncovered(self._targets(), held) if held else ["anything"]

    def _targets(self):
        """Return {protected path: target of a mark on it}, asked for once, before anything is stopped."""
        if self._asked is None:
            self._asked = interception.inode_targets(self._new["paths"])
        return self._asked

    def _held(self):
        return interception.holders(self._new["below"], self._bits)

    def _prove(self, proof=None, limit=None):
        """Return the checks, with retries: marks are set before their listener answers, and a product before its state.

        ``proof()`` gives the checks that replace all but its own marks while another one still intercepts, for
        ``limit`` seconds.
        """
        asks, lost = bool(self._new["probes"]), None
        deadline = time.monotonic() + (limit or (self._new["limit"] if asks else PROOF_LIMIT))
        while True:
            begun = time.monotonic()
            marks = real_time.prove(self._new["below"], self._new["marks"], self._new["tells"])
            marks = marks if proof is None else marks[:1]
            checks = marks + (self._answers() + self._accesses() if proof is None else proof())
            lost = None if overall(marks) == OK else lost or begun
            is_lost = lost is not None and not asks and time.monotonic() - lost > LOST_LIMIT
            if overall(checks) == OK or is_lost or time.monotonic() > deadline:
                return checks
            time.sleep(PROOF_PAUSE)

    def _accesses(self):
        told_by = self._new["unit"] if self._new["tells"] else ""
        return on_access.prove(self._new["paths"], ANSWER_LIMIT, kept_in=self._new["quarantine"], tells=told_by)

    def _answers(self):
        checks = on_demand.prove(self._new["socket"]) if self._new["socket"] else []
        return checks + vendor.prove(self._new["probes"])


def _tell(command):
    must(command["argv"], command["limit"], "Switching the new protection", "Run it by hand on the host for details.")


def _in_child(step, function):
    """Call a function of an installing step's kind in a child."""
    kind = INSTALLS[step["kind"]]
    return in_child.done(dict(step, id=step["kind"]), kind, lambda: getattr(kind, function)(step["target"]))
