# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML that people write, read with care: no duplicate keys, only text as keys, and nothing that expands while
reading.
"""

from __future__ import annotations

from typing import Any

import yaml

# Values of a file, each counted as often as an alias repeats it. The longest entry of the catalog has some 600.
MOST_VALUES = 200_000
DEEPEST = 60
TEXT, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
PLAIN = {
    f"tag:yaml.org,2002:{kind}" for kind in ("bool", "float", "int", "map", "merge", "null", "seq", "str", "timestamp")
}


class _Shallow:
    """Gives up on a document that is nested deeply: reading it would take minutes, and with libyaml the process."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        """Return the next node of the document."""
        if self._depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} deep")
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)  # type: ignore[misc]
        self._depth -= 1
        return node


class _Texts(_Shallow, yaml.BaseLoader):
    """Reads every value as text."""


class _Typed(_Shallow, yaml.SafeLoader):
    """Reads numbers, dates and the like as such."""


def parse(raw: bytes, texts: bool = False) -> Any:
    """Return what YAML in UTF-8 or UTF-16 says, with ``texts`` every value as text; None for no document.

    Raises ValueError, whose text is one line and names the place, for anything else, and for what no reader may have to
    guess at: a key that stands twice, a key that is no text, an alias of what it stands in, or more than MOST_VALUES.
    """
    try:
        reader = (_Texts if texts else _Typed)(raw)
        root = reader.get_single_node()
        if root is None:
            return None
        _Values().count(root)
        return reader.construct_document(root)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    except (AttributeError, KeyError) as error:
        raise ValueError("a value is not what its tag says") from error


class _Values:
    """Counts the values of a document, each node once, however many aliases lead to it."""

    def __init__(self) -> None:
        self._known: dict[int, int | None] = {}

    def count(self, node: yaml.Node) -> int:
        """Return how many values a node stands for; ValueError if there is anything that is not to be read."""
        if id(node) in self._known:
            known = self._known[id(node)]
            if known is None:
                raise ValueError(f"an alias leads to what it stands in ({_place(node)})")
            return known
        if node.tag not in PLAIN:
            raise ValueError(f"the tag {node.tag} has no meaning here ({_place(node)})")
        self._known[id(node)] = None
        total = 1 + sum(map(self.count, _parts(node)))
        if total > MOST_VALUES:
            raise ValueError(f"it holds more than {MOST_VALUES:,} values, by its aliases ({_place(node)})")
        self._known[id(node)] = total
        return total


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if not isinstance(node, yaml.MappingNode):
        return []
    seen: set[str] = set()
    for key, _value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag not in (TEXT, MERGE):
            raise ValueError(f"a key is no text ({_place(key)})")
        if key.value in seen:
            raise ValueError(f"{key.value} stands twice ({_place(key)})")
        seen.add(key.value)
    return [value for _key, value in node.value]


def _place(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"
