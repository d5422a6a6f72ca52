# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What an already installed replacement reports."""

from ...prove import vendor
from ...prove.checks import overall
from ..items import seen


def collect(asked, look):
    """Yield an item of each name in ``asked`` ({name: probes}) with the worst result; a silent product is unknown."""
    for name, probes in sorted(asked.items()):
        checks = vendor.prove(probes)
        results = {found["id"]: found["result"] for found in checks}
        yield seen("product_state", name, probes[0]["argv"][0], result=overall(checks), checks=results)
