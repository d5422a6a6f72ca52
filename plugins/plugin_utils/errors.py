# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's one error."""

from __future__ import annotations


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
