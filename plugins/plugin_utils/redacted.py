# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The mark of a document that was made for strangers, and that no decision may use."""

from __future__ import annotations

from typing import Any

from .errors import AvshiftError

KEY, ENDING = "redacted", " (redacted)"
REMEDY = "Give the document that it was made from."


def marked(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the mark. Its kind changes too, so that earlier releases do not accept it either."""
    return {**document, "kind": f"{document['kind']}{ENDING}", KEY: True}


def is_marked(document: object) -> bool:
    """Return True for a document of any kind that has the mark, or a part of it."""
    if not isinstance(document, dict):
        return False
    return KEY in document or str(document.get("kind", "")).endswith(ENDING)


def refuse(document: object, what: str, path: str) -> None:
    """Raise AvshiftError ``document_redacted`` if a document has the mark; ``what`` is being done with it."""
    if is_marked(document):
        raise AvshiftError("document_redacted", what, path, "it was redacted, to be shown and not to be used", REMEDY)
