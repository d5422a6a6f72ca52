"""The image of a disk shows the same, except what only a running system has."""

from __future__ import annotations

from typing import Any

from integration.detected import Detected

# Kinds of evidence that are on the disk, whether the system runs or not.
ON_DISK = (
    "package",
    "path",
    "home_path",
    "link_into",
    "named_entry",
    "account",
    "group",
    "ini_section",
    "ini_value",
    "certificate",
    "mention",
    "installer",
)
# In memory, so that no image has them.
IN_MEMORY = ("/run/", "/tmp/")
# Nothing runs in an image.
STATES = {"running": "installed"}


def _on_disk(detected: Detected) -> list[str]:
    told = (identity.split(":", 1) for identity in detected.evidence())
    return [f"{kind}:{what}" for kind, what in told if kind in ON_DISK and not what.startswith(IN_MEMORY)]


def test_the_same_products_are_found_in_the_same_versions(image: Detected, live: Detected) -> None:
    assert image.findings("id", "version") == live.findings("id", "version")


def test_the_evidence_on_the_disk_is_the_same(image: Detected, live: Detected) -> None:
    assert _on_disk(image) == _on_disk(live)


def test_nothing_runs_in_an_image(image: Detected, expected: dict[str, Any]) -> None:
    wanted = [
        {"id": line["id"], "state": line.get("image_state", STATES.get(line["state"], line["state"]))}
        for line in expected["expect"]
    ]
    assert image.findings("id", "state") == wanted


def test_everything_in_the_image_could_be_checked(image: Detected) -> None:
    assert image.result["unknowns"] == []
