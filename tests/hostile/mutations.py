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


MUTATIONS: tuple[Mutation, ...] = ()
