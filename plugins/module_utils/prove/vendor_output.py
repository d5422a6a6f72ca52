# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Parse the output of antivirus products' command lines. Each reader yields (name, value) and decides nothing.

A value is text, None if the tool says that it is not set, or a JSON list. The same name may occur more than once.
"""

import json
import re

# "name=value, name = "value"": quoted values may contain commas. An unclosed quote makes no value.
PAIR = re.compile(r"([A-Za-z][\w-]*)[ \t]*=[ \t]*(\"[^\"\n]*\"|[^\",\n][^,\n]*|(?=[,\n]|\Z))")
UNSET = re.compile(r"([A-Za-z][\w-]*) is not set\b")
NOT_SET = ("not set", "none", "null", "")
COLUMN = re.compile(r"\t+| {2,}")
# What comes before the name in a list.
BULLET = re.compile(r"\A[-*\u2022][ \t]+")
# "(STATE) the product's comment on it": only the state is judged.
MESSAGE = re.compile(r"\A\(([A-Za-z_ ]+)\)(?:\s.*)?\Z", re.DOTALL)
# The characters that draw a tree, in Unicode and in ASCII.
BRANCHES = " \t\u2500\u2502\u250c\u2514\u251c|+`-"
MANAGED = "[managed]"
ATTENTION = "ATTENTION"


class Unreadable(ValueError):
    """The output does not have the expected form; the text says why."""


def same_name(name):
    """Return a field's name for comparison: releases of a tool differ in case, blanks, hyphens and final marks."""
    return " ".join(name.replace("_", " ").replace("-", " ").split()).rstrip(" .:").lower()


def fields(text, form, clean=(), pattern=""):
    """Yield (name, value) of an output. ``form``: json, key_value, assignments, columns, indexed, tree or pattern.

    ``clean`` names what is removed first: attention (lines), managed, quotes, parentheses, final_dot, message (from
    values). Raises Unreadable.
    """
    text = without_attention(text, clean)
    if form == "json":
        return json_fields(text)
    if form == "pattern":
        return pattern_fields(text, pattern)
    found = {
        "key_value": key_values,
        "assignments": assignments,
        "columns": columns,
        "indexed": indexed,
        "tree": tree,
    }[form](text)
    return ((name, cleaned(value, clean)) for name, value in found)


def without_attention(text, clean):
    """Return an output without the lines for people that a tool prints first, if ``clean`` names them."""
    if "attention" not in clean:
        return text
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(ATTENTION))


def cleaned(value, clean):
    """Return a value without what surrounds it; None if the rest says that nothing is set."""
    if value is None:
        return None
    left, value = None, value.strip()
    while left != value:
        left, value = value, _peeled(value, clean)
    return None if value.lower() in NOT_SET else value


def _peeled(value, clean):
    if "message" in clean:
        value = MESSAGE.sub(r"\1", value)
    if "managed" in clean and value.endswith(MANAGED):
        value = value[: -len(MANAGED)]
    if "final_dot" in clean and value.endswith("."):
        value = value[:-1]
    if "parentheses" in clean and value.startswith("(") and value.endswith(")"):
        value = value[1:-1]
    if "quotes" in clean and len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return value.strip()


def key_values(text):
    """Read lines ``name : value``; names lose the blanks around them, and the mark of a list entry."""
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        name = BULLET.sub("", name.strip())
        if colon and name:
            yield name, value


def assignments(text):
    """Read ``name=value`` on one line or on several, and the sentence that a name is not set."""
    for match in UNSET.finditer(text):
        yield match.group(1), None
    for match in PAIR.finditer(text):
        yield match.group(1), match.group(2)


def columns(text):
    """Read lines of two columns, separated by a tab or two blanks."""
    for line in text.split("\n"):
        cells = COLUMN.split(line.strip(), 1)
        if len(cells) == 2:
            yield cells[0].rstrip(":"), cells[1]


def indexed(text):
    """Read lines ``table.field: value``, without the index before them (``table.13: field``)."""
    for name, value in key_values(text):
        if "." in name and not name.rpartition(".")[2].isdigit():
            yield name, value


def tree(text):
    """Read a drawn tree ``branch.branch.name: value``; the indentation of a line says where it belongs."""
    above = []
    for line in text.split("\n"):
        told = line.lstrip(BRANCHES)
        depth = len(line) - len(told)
        above = [(indent, name) for indent, name in above if indent < depth]
        # A colon within a word is part of a name.
        name, colon, value = (told.rstrip() + " ").partition(": ")
        if not name.strip() or depth == 0:
            continue
        if colon:
            # Without its branch a state is incomplete.
            if above:
                yield ".".join([name for _indent, name in above] + [name.strip()]), value
        else:
            above.append((depth, name.strip()))


def pattern_fields(text, pattern):
    """Yield the named groups of every match of a pattern, line by line."""
    expression = re.compile(pattern)
    for line in text.split("\n"):
        match = expression.search(line)
        for name, value in sorted(match.groupdict().items()) if match else ():
            yield name, value


def json_fields(text):
    """Yield every value of a JSON object by its path with dots; one wrapped in value or $type also has its own path.

    Numbers are reported as they are written.
    """
    try:
        content = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON, or is incomplete")
    if not isinstance(content, dict):
        raise Unreadable("it is not a JSON object")
    waiting = [("", content)]
    while waiting:
        path, found = waiting.pop()
        if path:
            yield path, _told(found)
        if isinstance(found, dict):
            waiting.extend((path + "." + key if path else key, value) for key, value in found.items())


def _told(found):
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, dict):
        inner = found.get("value", found.get("$type"))
        return _told(inner) if isinstance(inner, (str, bool, list)) else None
    return found
