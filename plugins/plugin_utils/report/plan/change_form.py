# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The four questions of a change form, answered from a plan, also as variables of servicenow.itsm.change_request."""

from __future__ import annotations

from typing import Any

import yaml

from .. import words
from ..escape import no_template, visible
from . import prose
from .view import View

SHORT_DESCRIPTION, LONGEST = 160, 4000
KEEP = "\n"


def answers(view: View) -> dict[str, tuple[str, list[str]]]:
    """Return {anchor: (heading, sentences)} of the four questions."""
    return {
        "justification": ("Justification", prose.justification(view)),
        "implementation-plan": ("Implementation plan", prose.implementation(view)),
        "back-out-plan": ("Back-out plan", prose.back_out(view)),
        "test-plan": ("Test plan", prose.tests(view)),
    }


def servicenow(view: View) -> str:
    """Return servicenow.yml: parameters of the module change_request of the collection servicenow.itsm.

    What the plan cannot know is left out: risk, impact, priority, dates, the requester and the assignee.
    """
    told = {anchor: _text(sentences) for anchor, (_heading, sentences) in answers(view).items()}
    window, reboots, unknown = (part(view)[1] for part in (prose.longest_window, prose.reboots, prose.not_known))
    content: dict[str, Any] = {
        "type": "normal",
        "category": "software",
        "short_description": visible(prose.title(view), SHORT_DESCRIPTION),
        "description": _text([prose.purpose(view), *_classes(view)]),
        "attachments": [{"path": name} for name in ("plan.html", "plan.json")],
        "other": {
            "justification": told["justification"],
            "implementation_plan": told["implementation-plan"],
            "backout_plan": told["back-out-plan"],
            "test_plan": told["test-plan"],
            "risk_impact_analysis": _text([window, reboots, unknown, *prose.LIMITS]),
        },
    }
    if view.document["change_id"]:
        content["number"] = visible(view.document["change_id"])
    request = {"change_request": _no_templates(content)}
    text: str = yaml.safe_dump(request, allow_unicode=False, sort_keys=False, width=100)
    return f"# Made from the plan. Use it so:\n{USE}---\n{text}"


USE = """#   - name: Ask for the change
#     servicenow.itsm.change_request: "{{ change_request | combine({'instance': my_instance}) }}"
"""


def _no_templates(content: Any) -> Any:
    """Return content without a template in any text: Ansible reads it as variables, and would evaluate one."""
    if isinstance(content, dict):
        return {key: _no_templates(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_no_templates(value) for value in content]
    return no_template(content) if isinstance(content, str) else content


def _classes(view: View) -> list[str]:
    return [f"Class {group.number}: {words.counted(len(group.entries), 'host')}, {group.fate}" for group in view.groups]


def _text(sentences: list[str]) -> str:
    lines = [f"{number}. {visible(sentence, LONGEST)}" for number, sentence in enumerate(sentences, 1)]
    return visible("\n".join(lines), LONGEST, KEEP)
