# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Words that the controller and endpoints both use. They are defined only here; the controller imports this file."""

# Outcomes: of a step that was done before, and of one that was done in this run.
ALREADY, BEFORE = "already", ("changed", "proved")
