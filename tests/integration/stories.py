"""Stories of the scenario `providers`, each with its own hosts."""

from __future__ import annotations

import os

# Each story, and its hosts: {name in the fleet: its name in lab/hosts}.
ROLLOUT, SITE = "rollout", "site"
HOSTS: dict[str, dict[str, str]] = {
    ROLLOUT: {f"wave-{number}": "sophos" for number in range(1, 7)},
    SITE: {"of-the-site": "of-the-site"},
}
QUICK = (SITE,)


def named() -> list[str]:
    """Return the stories that AVSHIFT_PROVIDER_STORIES names."""
    return os.environ.get("AVSHIFT_PROVIDER_STORIES", "").split()


def wanted() -> list[str]:
    """Return the stories of this run: those that are named, or those of the set if no host is named either."""
    if named() or os.environ.get("AVSHIFT_PROVIDER_HOSTS"):
        return named()
    return list(HOSTS if os.environ.get("AVSHIFT_PROVIDER_SET") == "full" else QUICK)


def described() -> list[str]:
    """Return the hosts of the wanted stories, as lab/fleet.py takes them."""
    return [f"{host}={kind}" for story in wanted() for host, kind in HOSTS[story].items()]
