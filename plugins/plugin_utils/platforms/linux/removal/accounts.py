# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove accounts and groups, after everything that they could own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence, Item
from ....plan.model import REMOVE, Step
from ..locations import is_below

# A home directly below / belongs to the system, and changing a user would go through all of it.
LEAST_DEPTH = 2


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield steps for accounts, and for groups that nothing else needs."""
    kept = staying(evidence, going, owned)
    leaving = [item for item in of_kind(owned, "account") if item["id"] not in kept]
    groups = [item for item in of_kind(owned, "group") if item["id"] not in kept]
    names = {item["what"] for item in groups}
    yield from (_remove_account(item, evidence, names) for item in leaving)
    for item in groups:
        yield _remove_group(item, evidence, moved(item, owned))


def probes(going: list[Product]) -> dict[str, Any]:
    """Return the probes for what else depends on accounts and groups."""
    kinds = {"account_use": "account", "group_use": "group"}
    return {
        probe: sorted({name for product in going for name in product.of_kind(kind)}) for probe, kind in kinds.items()
    }


def staying(evidence: Evidence, going: list[Product], owned: Claims) -> dict[str, str]:
    """Return {evidence id: why} of accounts and groups that have to stay."""
    kept = {}
    for item in of_kind(owned, "account"):
        why = _why_account_stays(item, evidence, going)
        if why:
            kept[item["id"]] = why
    held = {item["what"] for item in of_kind(owned, "account") if item["id"] in kept}
    for item in of_kind(owned, "group"):
        users = sorted(held & set(item["value"]["primary_of"]))
        if users:
            kept[item["id"]] = f"it is the primary group of {', '.join(users)}"
    return kept


def moved(item: Item, owned: Claims) -> list[str]:
    """Return the users that are not a product's and have a group as their primary group."""
    own = {account["what"] for account in of_kind(owned, "account")}
    return [name for name in item["value"]["primary_of"] if name not in own]


def immovable(item: Item, evidence: Evidence, owned: Claims) -> str:
    """Return why the users of a group cannot be given another primary group; '' if they can."""
    use = evidence.value("group_use", item["what"]) or {"users": [], "nobodys": ""}
    users = [user for user in use["users"] if user["name"] in moved(item, owned)]
    shallow = [user["name"] for user in users if user["home"].strip("/").count("/") + 1 < LEAST_DEPTH]
    if shallow:
        return f"the home of {', '.join(shallow)} is a directory of the system"
    return "" if use["nobodys"] else "there is no group for users without one"


def _why_account_stays(item: Item, evidence: Evidence, going: list[Product]) -> str:
    use = evidence.value("account_use", item["what"])
    if use is None or item["value"]["uid"] == 0:
        return "it is not known what else depends on it" if use is None else "it is the superuser"
    roots = [root for product in going for root in product.of_kind("process")]
    others = [path for path in use["executables"] if not is_below(path, roots)]
    if others:
        return f"{', '.join(others)} runs as this user"
    trees = [tree for product in going for tree in product.trees]
    if use["home"] == "holds files" and not is_below(item["value"]["home"], trees):
        return f"its home {item['value']['home']} holds files"
    return ""


def _remove_account(item: Item, evidence: Evidence, groups: set[str]) -> Step:
    name, use = item["what"], evidence.value("account_use", item["what"]) or {}
    own = use["own_group"] and name not in groups
    effects = [{"account": name, "change": "removed"}]
    effects += [{"group": name, "change": "removed"}] if own else []
    effects += [{"group": group, "change": "changed"} for group in use["member_of"] if group not in groups]
    with_group = f"; its group {name} is removed with it" if own else ""
    with_home = f"; its empty home {item['value']['home']} stays" if use["home"] == "empty" else ""
    return Step(
        REMOVE,
        "account_remove",
        f"Remove the account {name}",
        {"name": name, "own_group": own},
        f"{name} (UID {item['value']['uid']}, home {item['value']['home']}, shell {item['value']['shell']})",
        f"absent{with_group}{with_home}",
        (item["id"], f"account_use:{name}"),
        tuple(effects),
    )


def _remove_group(item: Item, evidence: Evidence, users: list[str]) -> Step:
    name, use = item["what"], evidence.value("group_use", item["what"]) or {"users": [], "nobodys": ""}
    homes = [user["home"] for user in use["users"] if user["name"] in users and user["owns"]]
    effects = [{"group": name, "change": "removed"}, *({"account": user, "change": "changed"} for user in users)]
    effects += [{"path": home, "scope": "tree", "change": "changed"} for home in sorted(set(homes))]
    members = ", ".join(item["value"]["members"]) or "no members"
    before = [
        f"{name} (GID {item['value']['gid']}, {members})",
        *(f"{user}: primary group {name}" for user in users),
    ]
    after = ["absent", *(f"{user}: primary group {use['nobodys']}" for user in users)]
    after += [f"{home}: files of {name} belong to {use['nobodys']}" for home in sorted(set(homes))]
    return Step(
        REMOVE,
        "group_remove",
        f"Remove the group {name}",
        {"name": name, "move": users, "to": use["nobodys"] if users else ""},
        "\n".join(before),
        "\n".join(after),
        (item["id"], *([f"group_use:{name}"] if users else [])),
        tuple(effects),
    )
