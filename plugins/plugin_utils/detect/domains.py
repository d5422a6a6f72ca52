# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which domain a host name belongs to: compared exactly, since some names imitate others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

# The characters of names, in any script: a name with a letter of another script is another name.
NAME = re.compile(r"[\w.\-]+")
# A share on a server (//server/share) is not a comment.
COMMENT = re.compile(r"\s*(?:#|;|//(?![\w.-]+/))")
MAIL = re.compile(r"[\w.+-]+@\Z")
LONGEST = 255


def plain(name: str) -> str:
    """Return a name as names are compared: without regard to case and width, and without dots at its ends."""
    return unicodedata.normalize("NFKC", name).lower().strip(".")


def owner_of(name: str, domains: Iterable[str]) -> str:
    """Return the most exact domain that a name equals or lies below, '' if it belongs to none of them."""
    wanted = plain(name)
    fitting = [domain for domain in domains if wanted == domain or wanted.endswith(f".{domain}")]
    return max(fitting, key=len, default="")


def named_in(line: str, domains: Iterable[str]) -> list[str]:
    """Return the names in a line of configuration that belong to the domains; those in comments and mail addresses do
    not count.

    A dot may be escaped, as in a regular expression.
    """
    if COMMENT.match(line):
        return []
    known = list(domains)
    names = [name for name in _names(line.replace("\\.", ".")) if owner_of(name, known)]
    # An IPv6 address is not a name, and neither are its parts.
    names += [name for name in known if ":" in name and name in line.lower()]
    return list(dict.fromkeys(names))


def _names(line: str) -> Iterator[str]:
    for found in NAME.finditer(line):
        before = line[: found.start()]
        word = re.split(r"[\s\"'<,;]", before)[-1]
        of_mail = MAIL.search(word) is not None and "://" not in word
        if len(found.group()) <= LONGEST and not of_mail:
            yield plain(found.group())
