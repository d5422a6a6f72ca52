"""Makes and reads hives by Debian's hivex, for the system's own Python: ``hivex_child.py make|read FILE``.

``make`` fills the empty hive FILE with {path: {name: [type, hex]}} from standard input, ``read`` prints the same of it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import hivex


def make(path: str, keys: dict[str, Any]) -> None:
    """Add keys with their values."""
    hive = hivex.Hivex(path, write=True)
    nodes = {"": hive.root()}
    for key, values in keys.items():
        node = _node(hive, nodes, key)
        given = [{"key": name, "t": kind, "value": bytes.fromhex(raw)} for name, (kind, raw) in values.items()]
        hive.node_set_values(node, given)
    hive.commit(path)


def _node(hive: Any, nodes: dict[str, int], key: str) -> int:
    """Return the node of a key, which is created the first time that it is named."""
    if key.lower() not in nodes:
        above, _backslash, name = key.rpartition("\\")
        nodes[key.lower()] = hive.node_add_child(_node(hive, nodes, above), name)
    return nodes[key.lower()]


def read(path: str) -> dict[str, Any]:
    """Return every key with its values."""
    hive, found = hivex.Hivex(path), {}
    left = [("", hive.root())]
    while left:
        key, node = left.pop()
        found[key] = {
            hive.value_key(value): [hive.value_type(value)[0] & 0xFFFFFFFF, hive.value_value(value)[1].hex()]
            for value in hive.node_values(node)
        }
        left += [(f"{key}\\{hive.node_name(child)}".lstrip("\\"), child) for child in hive.node_children(node)]
    return found


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], json.load(sys.stdin))
    else:
        json.dump(read(sys.argv[2]), sys.stdout)
