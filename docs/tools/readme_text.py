"""Descriptions, options and tables as Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).resolve().parents[2]
MARKUP = re.compile(r"\b(O|V|C|RV|E|M|P|I|B)\(((?:\\.|[^)\\])*)\)")
# Where people read the docs who have the tarball alone.
PAGES = f"{yaml.safe_load((HOME / 'galaxy.yml').read_text(encoding='utf-8'))['repository']}/blob/main/docs/"
LINK = re.compile(r"\bL\(([^,()]*),\s*([^()]*)\)")


def markdown(text: str | list[str], docs: str) -> str:
    """Return a description as one paragraph of Markdown; ``docs`` leads from its place to the folder docs."""
    joined = " ".join(text) if isinstance(text, list) else text

    def marked(match: re.Match[str]) -> str:
        kind, content = match.groups()
        content = re.sub(r"\\(.)", r"\1", content)
        if kind in "IB":
            return f"*{content}*" if kind == "I" else f"**{content}**"
        return f"`{content.partition('#')[0] if kind == 'P' else content}`"

    def link(match: re.Match[str]) -> str:
        return f"[{match[1]}]({match[2].strip().replace(PAGES, docs)})"

    linked = LINK.sub(link, " ".join(joined.split()))
    return MARKUP.sub(marked, linked).replace("|", "\\|")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _column in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def value(option: dict[str, Any]) -> str:
    """Return a default as YAML in one line, or as the words that stand in its place."""
    if option.get("required"):
        return "required"
    default = option.get("default")
    if default is None or default == "":
        return ""
    # Several words are no value but a description, and no code.
    if isinstance(default, str) and ("C(" in default or " " in default):
        return markdown(default, "")
    written = yaml.safe_dump(default, default_flow_style=True, width=1000).removesuffix("\n").removesuffix("\n...")
    return f"`{written}`"


def type_of(option: dict[str, Any]) -> str:
    return f"list of {option['elements']}" if option.get("elements") else str(option["type"])


class Indented(yaml.SafeDumper):
    """Indents lists below their key, as yamllint wants it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)
