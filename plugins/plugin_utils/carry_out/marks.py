# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps as they are sent, with what a plan cannot hold about itself filled in."""

from __future__ import annotations

from typing import Any

from .. import platforms
from ..plan.model import CHANGE_MARK, DIGEST_MARK, SHORT

# Keys of a step that never hold marks.
UNMARKED = ("before", "old", "new", "paths", "script", "package", "user")


def expanded(plan: dict[str, Any], plan_digest: str, change_id: str) -> list[dict[str, Any]]:
    """Return the steps of a plan with the planner's marks replaced.

    Text of the host or its owner, such as a line of a file, stays exactly as it was approved.
    """
    kind = platforms.of_plan(plan).kind
    return [_expanded(step, plan_digest, change_id) if kind(step["kind"]).marked else step for step in plan["steps"]]


def _expanded(content: Any, plan_digest: str, change_id: str) -> Any:
    if isinstance(content, str):
        return content.replace(DIGEST_MARK, plan_digest[:SHORT]).replace(CHANGE_MARK, change_id)
    if isinstance(content, dict):
        marked = {key: value for key, value in content.items() if key not in UNMARKED}
        return {**content, **{key: _expanded(value, plan_digest, change_id) for key, value in marked.items()}}
    if isinstance(content, list):
        return [_expanded(value, plan_digest, change_id) for value in content]
    return content
