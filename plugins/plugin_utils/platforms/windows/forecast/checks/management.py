# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who manages the host, and may undo a change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .....plan.foretelling import UNKNOWN
from .....plan.model import Check
from ...look import Key, text, why_not
from ...planning import ASSIGNED, CONFIGMGR, INTUNE
from ..case import GONE, Case, is_there, listed

FIRST = (
    "On the server, exclude the host from install tasks and from automatic installation of its group, move its roles, "
    "and keep the device visible until the end."
)


def server(case: Case) -> Iterator[Check]:
    """Yield the server that the agent belongs to. Only the server knows its tasks for the host."""
    servers = [str(item["what"]) for item in case.evidence.of_kind("management_server")]
    managing = (finding for finding in case.found if finding.product_class == "management")
    agents = [finding.name for finding in managing if finding.state not in GONE]
    if servers:
        title = "A management server may install or remove between a plan and a change"
        yield Check("managed_by_console", "warning", title, f"its agent belongs to {listed(servers)}", FIRST)
    elif agents:
        title, why = "An agent is there, and the host does not show its server", listed(agents)
        yield Check("managed_by_console", UNKNOWN, title, why, FIRST)
    if servers or agents:
        why = "tasks, policies and automatic installation are on the server"
        yield Check("console_tasks", UNKNOWN, "The console's own tasks cannot be seen on a host", why, FIRST)
    yield from _updates(case, servers)


def _updates(case: Case, servers: list[str]) -> Iterator[Check]:
    """Yield where updates of Windows come from: it may be the very server that is given up."""
    updates = [str(item["what"]) for item in case.evidence.of_kind("update_server")]
    own = {_host_of(server) for server in servers}
    if any(_host_of(update) in own for update in updates):
        title = "Updates of Windows come from the management server"
        remedy = "Have the policy name another server, or none, before that server goes."
        yield Check("update_server", "warning", title, listed(updates), remedy)
    elif updates:
        title = "Updates of Windows come from a server that a policy names"
        remedy = "Make sure that it is still yours afterwards."
        yield Check("update_server", "info", title, listed(updates), remedy)


def _host_of(address: str) -> str:
    """Return the host in an address or a name, in lower case; only names and IPv4 addresses are compared."""
    return re.split(r"[:/]", address.lower().rpartition("://")[2])[0]


def assignments(case: Case) -> Iterator[Check]:
    """Yield deployments that would reinstall the product, as far as the host shows them."""
    assigned = case.look.key(ASSIGNED)
    if assigned is not None and why_not(assigned.answer):
        why = why_not(assigned.answer)
        yield Check(
            "managed_reinstall", UNKNOWN, "Group Policy's assignments could not be read", why, "Ask the domain."
        )
    names = [_deployment(key) for key in assigned.below()] if assigned is not None else []
    if names:
        title = "Group Policy installs it again at the next start"
        remedy = "Withdraw the assignment in the domain first, and let the host take the policy."
        yield Check("managed_reinstall", "overridable", title, listed(names), remedy)
    for path, service, name in (
        (INTUNE, "IntuneManagementExtension", "Intune"), (CONFIGMGR, "CcmExec", "Configuration Manager"),
    ):  # fmt: skip
        if is_there(case.look.key(path)) or case.role(service):
            title = f"{name} manages this host; whether it assigns the product is not shown by name"
            remedy = f"Withdraw deployments of the product and of its agent in {name} first."
            yield Check("managed_reinstall", UNKNOWN, title, f"{path} or the service {service} is there", remedy)


def connection(case: Case) -> Iterator[Check]:
    """Yield that the connection to the host may depend on a product that would be removed."""
    adapters = [item for item in case.items("network_adapter") if item["value"]["name"]]
    having = {product for product, items in case.claimed.items() if any(item in items for item in adapters)}
    running = [one.name for one in case.found if one.id in having | _tunnels(case) and case.is_running(one)]
    if running:
        title = "This connection may run through the product's own VPN"
        remedy = "Reach the host by another way before it is removed, and never remove it over itself."
        yield Check("connection_through_vpn", UNKNOWN, title, listed(running), remedy)


def _tunnels(case: Case) -> set[str]:
    """Return the products that, by the catalog, install their own network adapter."""
    return {product.id for product in case.products.values() if product.of_kind("network_adapter")}


def _deployment(key: Key) -> str:
    return text(key.values, "Deployment Name") or text(key.values, "Script Path") or key.name
