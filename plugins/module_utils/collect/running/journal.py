# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What earlier runs of this collection recorded on the host."""

from ...agreed.posix import JOURNAL
from ...posix.own import journal_text
from ..items import seen


def collect(asked, look):
    """Yield one item with the runs that the journal holds; none if there was no run. ``asked`` is not used."""
    runs = journal_text.parsed(look.tree.text(JOURNAL))["runs"]
    if runs:
        yield seen("journal", JOURNAL, JOURNAL, runs=runs)
