# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Called by ``start`` to collect."""

import json

from ..posix.errors import EndpointError
from .collector import collect


def main(arguments, check_mode):
    """Return {collected} for {probes, root}; the same in check mode, since collecting changes nothing.

    ``probes`` are JSON, because Ansible handles one text faster than many.
    """
    try:
        return {"changed": False, "collected": collect(json.loads(arguments["probes"]), arguments.get("root", "/"))}
    except EndpointError as error:
        return {"failed": True, "changed": False, "msg": str(error), "code": error.code}
