# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's version, as records have it. galaxy.yml lies outside of what a packager keeps; a test compares."""

VERSION = "0.1.0"
