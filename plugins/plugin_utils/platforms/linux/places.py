# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the collection keeps its own files on a Linux host."""

from __future__ import annotations

from ....module_utils.agreed.posix import JOURNAL, OWN_STATE

__all__ = ["JOURNAL", "KEEP_OUT", "OWN_STATE", "RETAINED"]
RETAINED = f"{OWN_STATE}/retained"
KEEP_OUT = "/etc/avshift/keep-out"
