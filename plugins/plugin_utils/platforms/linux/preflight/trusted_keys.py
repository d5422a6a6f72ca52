# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Vendor keys that something on the host trusts."""

from __future__ import annotations

from collections.abc import Iterator

from ....plan.model import Check
from ....plan.preflight.case import Case


def _trusted_keys(case: Case) -> Iterator[Check]:
    keys = [item["what"] for item in case.evidence.of_kind("trusted_key")]
    if keys:
        yield Check(
            "trusted_key_by_hand",
            "warning",
            "The kernel, a package manager or Java trusts a key of the vendor",
            ", ".join(keys),
            "It stays, because only you know what else is signed with it. Remove it; if the kernel "
            "trusts it, rebuild the boot images ('update-initramfs -u -k all', 'dracut -f --regenerate-all') and "
            "restart. "
            "Until then the host does not count as clean.",
        )


CHECKS = (_trusted_keys,)
