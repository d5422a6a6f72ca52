# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's one error."""

from __future__ import annotations

# Codes of what the controller alone knows of a host: it was not started, not reached, or is only looked at. A rollout
# waits for some of these hosts, and counts others for nothing, so that no host may give itself one.
NOT_BEGUN, UNREACHABLE, FORECAST_ONLY = "not_begun", "unreachable", "_forecast_only"


class AvshiftError(Exception):
    """Something that the user has to know: ``<what failed>: <object>: <cause>. <what to do>``.

    ``code`` is a stable machine-readable id. ``parts`` are what it was made from.
    """

    def __init__(self, code: str, what: str, subject: str, cause: object, remedy: str) -> None:
        super().__init__(f"{what}: {subject}: {str(cause).strip().rstrip('.')}. {remedy}")
        self.code = code
        self.parts = (code, what, subject, str(cause), remedy)

    def __reduce__(self) -> tuple[type[AvshiftError], tuple[str, str, str, str, str]]:
        """Return how it is rebuilt: errors of another process arrive pickled."""
        return (AvshiftError, self.parts)


def is_of_controller(code: str) -> bool:
    """Return True for a code that only the controller gives."""
    return code in (NOT_BEGUN, UNREACHABLE) or code.endswith(FORECAST_ONLY)
