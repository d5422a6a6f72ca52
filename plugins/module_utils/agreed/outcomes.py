# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Words that the controller and endpoints both use. They are defined only here; the controller imports this file."""

# Outcomes of a step: it was done before, check mode would do it, and its result in this run.
ALREADY, WOULD, CHANGED, PROVED = "already", "would_change", "changed", "proved"
FAILED, UNDONE, UNTOUCHED = "failed", "undone", "untouched"
# It was done in this run.
BEFORE = (CHANGED, PROVED)
