# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan asks of a system. A platform is chosen once for a host; the engine knows it by this alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..catalog.model import Catalog, Provider
from ..detect.evidence import Evidence, Item, Table
from .foretelling import Foretelling
from .model import PARTS, Check, Goal, Step
from .preflight.case import Case
from .request import OwnersData, Request
from .staged import Staged

Checked = Callable[[Case], Iterable[Check]]


@dataclass(frozen=True)
class Places:
    """Where the collection keeps its own files on a system: its state, the journal in it, and the archives."""

    state: str
    journal: str
    retained: str


@dataclass(frozen=True)
class Handover:
    """The facts about a handover that its readers need. ``stops``: a running old protection is stopped.

    ``starts``: a new one takes its place. Limits are seconds; ``overlap`` are {limit, probe_limit} of two that protect
    at once, None where they do not.
    """

    stops: bool
    starts: bool
    stop_limit: int = 0
    start_limit: int = 0
    overlap: dict[str, Any] | None = None

    def opens_window(self) -> bool:
        """Return True if the old protection stops before the new one starts."""
        return self.stops and not self.overlap


@dataclass(frozen=True)
class Kind:
    """A kind of step. ``marked``: the plan's own marks may stand in it. ``retains``: it archives the owner's data.
    ``restart`` says why it may take a restart, '' where it does not. ``handover`` reads the target of one that hands
    protection over.
    """

    marked: bool = False
    retains: bool = False
    restart: str = ""
    handover: Callable[[dict[str, Any]], Handover] | None = None


PLAIN = Kind()


class Known(Protocol):
    """What an approved plan has seen of a host and was to change on it."""

    def has_seen(self, reasons: Iterable[str]) -> bool:
        """Return True if all that is a reason was seen, or was to be changed anyway."""

    def changes(self, kind: str, name: str = "") -> bool:
        """Return True if an object is one that the approved steps change."""

    def runs(self, program: str) -> bool:
        """Return True for a program that the approved steps start or end."""

    def switches(self, service: str) -> bool:
        """Return True for a service that the approved steps start or stop."""


@dataclass(frozen=True)
class Interrupted:
    """What a run that stopped half-way leaves on a system. ``own_doing`` are kinds of steps by the preflight result
    that they can bring about; ``objects`` judge each word of a diagnosis that lists what it is about, and ``reasons``
    new evidence of a known product by its kind. ``by_restart`` are results that a restart during a run may bring where
    they are accepted. ``of_itself`` are kinds that follow from the system's own state. ``removing`` are kinds that take
    a package away.
    """

    own_doing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    objects: Mapping[str, Callable[[Known, str], bool]] = field(default_factory=dict)
    reasons: Mapping[str, Callable[[Known, str], bool]] = field(default_factory=dict)
    by_restart: tuple[str, ...] = ()
    of_itself: tuple[str, ...] = ()
    removing: tuple[str, ...] = ()
    programs: Callable[[dict[str, Any]], Iterable[str]] = lambda _step: ()
    services: Callable[[dict[str, Any]], Iterable[str]] = lambda _step: ()


@dataclass(frozen=True)
class PathRules:
    """How a system's paths are read as text: the name of one, the directory of one, and those above it that are a
    product's or a vendor's own.
    """

    name: Callable[[str], str]
    parent: Callable[[str], str]
    above: Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Checks:
    """A platform's preflight, by the places that it has among the neutral checks."""

    host: tuple[Checked, ...] = ()
    found: tuple[Checked, ...] = ()
    changes: tuple[Checked, ...] = ()
    replacement: tuple[Checked, ...] = ()
    return_of_product: tuple[Checked, ...] = ()


@dataclass(frozen=True)
class Platform:
    """A system, with all that is its own. ``kinds`` are its kinds of steps; ``order`` is the order of what ``phase``
    says of a step, within a part.

    ``probes`` are asked besides what finds products, to plan a goal with a layout. ``steady`` names what was seen so
    that like hosts have the same plan. ``layout`` is a provider's for a host's facts. ``stage``, ``hand_over`` and
    ``remove`` plan the three parts. ``staying`` names what no step is for. ``waiting`` names what waits for a restart,
    from (the facts of steps, later evidence). ``remedies`` say what to do on a host that gave no answer, by the code of
    the failure. ``selftest`` are the arguments of a provider's self-test, from (provider, settled options, the host's
    facts, days that its signatures may be old); ``state_of`` those that only ask a product about itself, None where it
    cannot be asked.
    """

    name: str
    table: Table
    places: Places
    paths: PathRules
    kinds: Mapping[str, Kind]
    order: tuple[str, ...]
    phase: Callable[[Step], str] = lambda step: step.kind
    probes: Callable[[Catalog, Goal, dict[str, Any]], Iterable[dict[str, Any]]] = lambda _catalog, _goal, _layout: ()
    steady: Callable[[Evidence, Catalog], Evidence] = lambda evidence, _catalog: evidence
    layout: Callable[[Provider, dict[str, Any]], dict[str, Any]] = lambda _provider, _host: {}
    stage: Callable[[Request], Staged | None] = lambda _request: None
    hand_over: Callable[[Request, Staged | None], Iterable[Step]] = lambda _request, _staged: ()
    remove: Callable[[Request], Iterable[Step]] = lambda _request: ()
    staying: Callable[[Request, list[Step]], Iterable[str]] = lambda _request, _steps: ()
    data: Callable[[Request], OwnersData] = lambda _request: OwnersData()
    checks: Checks = field(default_factory=Checks)
    interrupted: Interrupted = field(default_factory=Interrupted)
    remedies: Mapping[str, str] = field(default_factory=dict)
    waiting: Callable[[Iterable[dict[str, Any]], Iterable[Item]], list[str]] = lambda _facts, _evidence: []
    selftest: Callable[[Provider, dict[str, Any], dict[str, Any], int], dict[str, Any]] = (
        lambda _provider, _options, _host, _days: {}
    )
    # Roots at which a look sees the system that runs, and no disk or image.
    live_roots: tuple[str, ...] = ()
    # Letters in its packages' versions, and endings of its files, which redaction keeps.
    version_letters: tuple[str, ...] = ()
    file_endings: tuple[str, ...] = ()
    state_of: Callable[[Catalog, str, dict[str, Any]], dict[str, Any] | None] = lambda _catalog, _product, _host: None
    # Evidence from the answers of a host that gives raw facts, from (what was asked, its answer); None where the host
    # itself makes evidence of what it sees.
    collected: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]] | None = None
    # The reads of a second look that a first one makes worth while, from (what was asked, its answer).
    further: Callable[[dict[str, Any], dict[str, Any]], list[dict[str, Any]]] = lambda _asked, _answer: []
    # How a removal is foretold where none is planned; None where hosts get plans.
    foretelling: Foretelling | None = None

    def kind(self, name: str) -> Kind:
        """Return what the engine has to know about a kind of step."""
        return self.kinds.get(name, PLAIN)

    def sort(self, steps: Iterable[Step]) -> list[Step]:
        """Return steps by part, then in the platform's order; those of one phase keep the order that they came in."""
        return sorted(steps, key=lambda step: (PARTS.index(step.part), self.order.index(self.phase(step))))
