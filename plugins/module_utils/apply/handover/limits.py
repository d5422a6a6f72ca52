# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Seconds that a protection has to pass its self-test, whichever of the two it is."""

PROOF_LIMIT = 5
# After it was started again beside the old one. Both together are less than the two may run side by side.
PROOF_AGAIN = 3
# For one self-test with the old one running, which may be slow with each file.
PROOF_BESIDE = 4
# How much longer it has to intercept after its self-test before the old one is stopped.
STEADY = 1
# Between two attempts.
PROOF_PAUSE = 0.1
