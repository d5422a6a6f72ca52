# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Redact texts and documents: what is no word of the collection's own gives way to a pseudonym.

What is kept is named, and not what goes: an unexpected text is redacted as well.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from ... import platforms
from ...redacted import marked
from .names import ADDRESS, HOMES, HOST, HOST_KEYS, HOSTS, OTHER, USER, USER_KEYS, Pseudonyms
from .vocabulary import PARTS, WORD

TIME = r"(?<!\w)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\w)"
MAIL = r"[^\s@/:;,<>\"'()\[\]]+@[\w-]+(?:\.[\w-]+)*"
UUID = r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f])"
MAC = (
    r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])"
    r"|(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{4}[.-]){2}[0-9A-Fa-f]{4}(?![0-9A-Fa-f])"
)
IPV6 = r"(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?::\d+(?:\.\d+){3}|\.\d+\.\d+\.\d+)?(?![\w:])"
IPV4 = r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d)"
FORMS = re.compile(
    f"(?P<time>{TIME})|(?P<mail>{MAIL})|(?P<id>{UUID})|(?P<mac>{MAC})|(?P<ipv6>{IPV6})|(?P<ipv4>{IPV4})"
    f"|(?P<word>{WORD.pattern})"
)
HEX = re.compile(r"[0-9A-Fa-f]{12,}")
STEP = re.compile(r"\d{1,4}-(?:stage|handover|remove)-(?P<kind>\w+)")
ENDINGS = ("conf", "log", "ini", "json", "gz", "sha256", "sh", "py", *platforms.file_endings())
FILE = re.compile(rf"(?P<stem>.+)(?P<ending>\.(?:{'|'.join(ENDINGS)}))")
OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
# What has a version's form and may be an address. No example stands here: it would be a word of the collection's own.
NO_VERSION = rf"(?<!\d){OCTET}([._-]){OCTET}(?:\1{OCTET}){{2}}(?!\d)|(?<!\d)\d{{4}}([._-])\d{{4}}\2\d{{4}}(?!\d)"
# A version, with the letters that systems add; longer numbers, and two of six digits, may be private.
VERSION = re.compile(
    rf"(?!.*(?:\d{{7}}|\d{{6}}.*\d{{6}}|{NO_VERSION}))"
    rf"[v.]?\d{{1,6}}(?:[._-]?(?:\d{{1,6}}|rc|x|p|r|{'|'.join(platforms.version_letters())}))*",
    re.ASCII,
)
# Free texts of users, by their key.
WHOLE = {"reason": "text", "change_id": "change", "approve_reason": "text", "source": "text"}
SERIAL = re.compile(r"serial|machine|hardware|uuid|asset")
KEY = re.compile(r"[a-z_]+")


class Redactor:
    """Redacts documents that are to be shown together."""

    def __init__(self, pseudonyms: Pseudonyms, words: frozenset[str]) -> None:
        self._pseudonyms, self._words = pseudonyms, words
        several = [re.escape(name) for name in pseudonyms.many_words() if not WORD.fullmatch(name)]
        self._several = re.compile(rf"(?<!\w)(?:{'|'.join(several)})(?!\w)", re.IGNORECASE) if several else None
        self._done: dict[str, str] = {}

    def document(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return a record, plan, approval or report that says of itself that it is redacted."""
        redacted: dict[str, Any] = self._value({key: value for key, value in content.items() if key != "kind"}, "")
        return marked({**redacted, "kind": content["kind"]})

    def name(self, host: str) -> str:
        """Return what a host is called."""
        return self._pseudonyms.of(host, HOST)

    def text(self, text: str) -> str:
        """Return a text of which nothing is left but the collection's own words, versions, times and pseudonyms."""
        if text not in self._done:
            self._done[text] = self._around_names(HOMES.split(text)) if HOMES.search(text) else self._names(text)
        return self._done[text]

    def _around_names(self, pieces: list[str]) -> str:
        """Redact (text, what leads to homes, user) after each other; every third piece is a user's name."""
        redact: list[Callable[[str], str]] = [self._names, str, self._user]
        return "".join(redact[number % 3](piece) for number, piece in enumerate(pieces))

    def _user(self, name: str) -> str:
        return self._pseudonyms.of(name, USER)

    def _names(self, text: str) -> str:
        """Redact names of several words first, and then what is between them."""
        if self._several is None:
            return FORMS.sub(self._form, text)
        made, begin = [], 0
        for match in self._several.finditer(text):
            made += [FORMS.sub(self._form, text[begin : match.start()]), self._pseudonyms.of(match[0], OTHER)]
            begin = match.end()
        return "".join(made) + FORMS.sub(self._form, text[begin:])

    def _form(self, match: re.Match[str]) -> str:
        kind, found = str(match.lastgroup), match[0]
        if kind == "time":
            return found
        if kind == "word":
            return self._word(found)
        if kind in ("ipv4", "ipv6"):
            return self._address(found)
        return self._pseudonyms.of(found, kind)

    def _address(self, found: str) -> str:
        try:
            ipaddress.ip_address(found)
        except ValueError:
            return WORD.sub(lambda word: self._word(word[0]), found)
        return found if found in ("::", "0.0.0.0", "127.0.0.1", "::1") else self._pseudonyms.of(found, ADDRESS)

    def _word(self, word: str) -> str:
        named = self._pseudonyms.known(word)
        if named:
            return named
        file = FILE.fullmatch(word)
        if file and self._pseudonyms.known(file["stem"]):
            return f"{self._pseudonyms.known(file['stem'])}{file['ending']}"
        names_somebody = any(self._pseudonyms.known(part) for part in PARTS.findall(word))
        if not names_somebody and (self._is_ours(word) or (file and self._is_ours(file["stem"]))):
            return word
        return self._pseudonyms.of(word, "digest" if HEX.fullmatch(word) else OTHER)

    def _is_ours(self, word: str) -> bool:
        step = STEP.fullmatch(word)
        is_known = word.casefold() in self._words and not HEX.fullmatch(word)
        return is_known or bool(VERSION.fullmatch(word)) or bool(step and step["kind"] in self._words)

    def _value(self, content: Any, key: str) -> Any:
        if isinstance(content, dict):
            return self._mapping(content, key)
        if isinstance(content, list):
            return [self._value(value, "" if isinstance(value, dict) else key) for value in content]
        if isinstance(content, str):
            return self._string(content, key)
        is_number = isinstance(content, int) and not isinstance(content, bool)
        return self._pseudonyms.of(str(content), "serial") if is_number and SERIAL.search(key) else content

    def _mapping(self, content: dict[str, Any], key: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in content.items():
            # Under a host's name stands what is the host's, and not a name again.
            is_a_key = key not in HOSTS and KEY.fullmatch(name) and name in self._words
            shown = name if is_a_key else self._string(name, "host" if key in HOSTS else "")
            while shown in made:
                shown += "'"
            made[shown] = self._value(value, "" if key in HOSTS else name)
        return made

    def _string(self, text: str, key: str) -> str:
        if not text.strip():
            return text
        if key in WHOLE:
            return self._pseudonyms.of(text, WHOLE[key])
        if SERIAL.search(key):
            return self._pseudonyms.of(text, "serial")
        named = self._pseudonyms.known(text)
        is_a_name = key in (*HOSTS, *HOST_KEYS) or (key in USER_KEYS and text.casefold() not in self._words)
        return named if named and is_a_name else self.text(text)
