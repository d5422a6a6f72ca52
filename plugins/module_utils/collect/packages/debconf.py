# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Answers in debconf's database, read as text: its own tools may write to it."""

from ..items import seen

DATABASE = "/var/cache/debconf/config.dat"
LIMIT = 1 << 24


def answers(lines):
    """Yield (question, value) of each stanza that has both. Never raises."""
    name = value = None
    for line in list(lines) + [""]:
        if not line.strip():
            if name is not None and value is not None:
                yield name, value
            name = value = None
        elif line.startswith("Name: "):
            name = line[len("Name: ") :].strip()
        elif line.startswith("Value:"):
            value = line[len("Value:") :].strip()


def collect(asked, look):
    """Yield an item of each asked question that has an answer; ``asked`` is a list of question names."""
    wanted = set(asked)
    text = look.tree.text(DATABASE, LIMIT) or ""
    for name, value in answers(text.splitlines()):
        if name in wanted:
            yield seen("debconf", name, DATABASE, value=value)
