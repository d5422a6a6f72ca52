"""The accounts of the scenario `ssh`, from their files: how a host is reached, and the expected result."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
ACCOUNTS = REPOSITORY / "molecule/ssh/accounts"
QUICK, FULL = "quick", "full"
HOST = "by-ssh"
# The purpose of a host: the whole flow, a refusal with a code, or the flow with its connection broken in each part.
PURPOSES = ("flow", "refused", "broken")
KEYS = {"why", "host", "set", "purpose", "prepare", "variables", "code", "says"}


@dataclass(frozen=True)
class Account:
    """One file; molecule/README.md has the keys."""

    name: str
    host: str
    in_set: str
    purpose: str
    prepare: str
    variables: dict[str, Any]
    code: str
    says: str


def load(name: str) -> Account:
    """Return an account; ValueError for a key or a purpose that does not exist."""
    content: dict[str, Any] = yaml.safe_load((ACCOUNTS / f"{name}.yml").read_text(encoding="utf-8"))
    purpose = content.get("purpose", "flow")
    if (strange := sorted(set(content) - KEYS)) or purpose not in PURPOSES:
        raise ValueError(f"{name}.yml: no such key or purpose: {', '.join(strange) or purpose}")
    return Account(
        name=name,
        host=content.get("host", HOST),
        in_set=content.get("set", FULL),
        purpose=purpose,
        prepare=content.get("prepare", ""),
        variables=content.get("variables", {}),
        code=content.get("code", ""),
        says=content.get("says", ""),
    )


def wanted() -> list[str]:
    """Return the accounts of this run: those that AVSHIFT_SSH_ACCOUNTS names, or those of the set."""
    if named := os.environ.get("AVSHIFT_SSH_ACCOUNTS", "").split():
        return named
    is_full = os.environ.get("AVSHIFT_SSH_SET") == FULL
    names = sorted(path.stem for path in ACCOUNTS.glob("*.yml"))
    return [name for name in names if is_full or load(name).in_set == QUICK]


if __name__ == "__main__":
    print(" ".join(f"{name}={load(name).host}" for name in wanted()))
