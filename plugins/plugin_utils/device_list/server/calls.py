# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls of a management server's interface: only the few that read are let through, all others are refused here.

The protocol is that of the vendor's published description, releases 13 to 16.1: POST /api/v1.0/Class.Method with JSON
in both directions, the session's ID in a header. An error comes with HTTP status 200 and PxgError in its body.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ...errors import AvshiftError
from ...visible import visible

# None of these changes anything on the server except this session and its own result sets.
READING = frozenset(
    (
        "Session.StartSession",
        "Session.EndSession",
        "HostGroup.FindHosts",
        "HostGroup.FindHostsAsync",
        "HostGroup.FindHostsAsyncGetAccessor",
        "AsyncActionStateChecker.CheckActionState",
        "ChunkAccessor.GetItemsCount",
        "ChunkAccessor.GetItemsChunk",
        "ChunkAccessor.Release",
    )
)
ASKING = "Asking the management server"
LONGEST_CAUSE = 300
Object = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """Who signs in: a user with a password, of a domain (Windows or local) or internal to the server."""

    user: str
    password: str
    domain: str = ""
    internal: bool = False
    virtual_server: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers that sign in. Two public clients encode the domain as they do the user."""
        told = f'KSCBasic user="{_encoded(self.user)}", pass="{_encoded(self.password)}"'
        told += f', domain="{_encoded(self.domain)}"' if self.domain else ""
        told += f', internal="{int(self.internal)}"'
        server = {"X-KSC-VServer": _encoded(self.virtual_server)} if self.virtual_server else {}
        return {"Authorization": told, **server}

    def secrets(self) -> list[str]:
        """Return all secrets in every form in which they are sent or might be shown, longest first."""
        forms = {self.password, _encoded(self.password), json.dumps(self.password)[1:-1], visible(self.password, 1000)}
        return sorted(forms - {""}, key=len, reverse=True)


class Answer(NamedTuple):
    """What came back: HTTP status, the scheme that a refusal asks for, and the body."""

    status: int
    body: bytes
    wants: str = ""


class Link(Protocol):
    """Carries one request over TLS to the server that the user named, and to no other."""

    name: str

    def send(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, str]:
        """Return what Answer holds. AvshiftError if there is no answer, or if it is too large or too slow."""


class Calls:
    """A session with the server, one call at a time. No error of it holds the password."""

    def __init__(self, link: Link, account: Account) -> None:
        self._link, self._account = link, account
        self._session = ""
        self.name = link.name

    def __enter__(self) -> Calls:
        """Sign in."""
        told = self._asked("Session.StartSession", {}, self._account.headers())
        self._session = text(told, "PxgRetVal", self.name)
        return self

    def __exit__(self, *error: object) -> None:
        """Sign out. A session that has ended already is no fault."""
        quietly(lambda: self.call("Session.EndSession", {}))

    def call(self, method: str, arguments: Object) -> Object:
        """Return the answer to a call, without wrapping. AvshiftError for a method that is not known to only read."""
        return self._asked(method, arguments, {"X-KSC-Session": self._session})

    def _asked(self, method: str, arguments: Object, headers: dict[str, str]) -> Object:
        if method not in READING:
            cause = "the method is not one of those that only read"
            raise AvshiftError("method_refused", ASKING, method, cause, "Nothing was sent.")
        try:
            sent = json.dumps(arguments).encode("ascii")
            answer = Answer(*self._link.send(f"/api/v1.0/{method}", headers, sent))
            return self._content(method, answer)
        except AvshiftError as error:
            shown = self._without_secrets(error)
        # Raised here, it has no context; that would hold the server's words.
        raise shown

    def _content(self, method: str, answer: Answer) -> Object:
        """Return what an answer holds. An error inside HTTP 200 is one."""
        self._must_be_let_in(method, answer)
        try:
            content = unwrapped(json.loads(answer.body))
        except (ValueError, RecursionError) as error:
            raise answer_wrong(self.name, f"{method}: it is no JSON ({type(error).__name__})") from None
        if not isinstance(content, dict):
            raise answer_wrong(self.name, f"{method}: it is no object")
        if content.get("PxgError"):
            raise self._reported(method, content["PxgError"])
        if answer.status != 200:
            raise answer_wrong(self.name, f"{method}: HTTP status {answer.status}")
        return content

    def _must_be_let_in(self, method: str, answer: Answer) -> None:
        if answer.status == 401 and "KSCMFA" in answer.wants:
            cause = "the account has a second factor, which cannot be given here"
            remedy = "Use an account of its own that only reads, without a second factor."
            raise AvshiftError("second_factor_wanted", ASKING, self.name, cause, remedy)
        if answer.status == 401:
            cause = "it did not accept the user and the password"
            remedy = "Check user, password, domain and internal_user."
            raise AvshiftError("sign_in_refused", ASKING, self.name, cause, remedy)
        if answer.status == 403:
            cause = f"{method}: the session has ended, or the account has no right to it"
            remedy = "Give the account the right to read, and run again; no part of the list is used."
            raise AvshiftError("session_refused", ASKING, self.name, cause, remedy)

    def _without_secrets(self, error: AvshiftError) -> AvshiftError:
        """Return an error that does not show the password, whatever the server wrote into it."""
        code, what, subject, cause, remedy = map(self._hidden, error.__reduce__()[1])
        return AvshiftError(code, what, subject, cause, remedy)

    def _hidden(self, words: str) -> str:
        for secret in self._account.secrets():
            words = words.replace(secret, "(secret)")
        return words

    def _reported(self, method: str, error: object) -> AvshiftError:
        """Return an error that the server reported in the body of an answer."""
        told = error if isinstance(error, dict) else {}
        # It is shortened only afterwards: part of a password is a secret too.
        words = self._hidden(" ".join(str(told.get(key, "")) for key in ("code", "message")))
        cause = f"{method}: it reported the error {visible(words, LONGEST_CAUSE).strip() or 'without a word'}"
        remedy = "Look it up in the server's documentation, and run again; no part of the list is used."
        return AvshiftError("server_reported_error", ASKING, self.name, cause, remedy)


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode("utf-8", "backslashreplace")).decode("ascii")


def unwrapped(value: Any) -> Any:
    """Return a value without {type, value} around it or around anything in it: both forms are seen."""
    if isinstance(value, dict):
        if value.keys() == {"type", "value"}:
            return unwrapped(value["value"])
        return {key: unwrapped(one) for key, one in value.items()}
    return [unwrapped(one) for one in value] if isinstance(value, list) else value


def text(content: Object, key: str, server: str) -> str:
    """Return a text of an answer. AvshiftError if there is none, or if it cannot stand in a header."""
    value = content.get(key)
    if not isinstance(value, str) or not value.isprintable() or not value.isascii() or not 0 < len(value) < 4096:
        raise answer_wrong(server, f"{key} is no text of one line")
    return value


def number(content: Object, key: str, server: str) -> int:
    """Return a count of an answer. AvshiftError where there is none."""
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise answer_wrong(server, f"{key} is no count")
    return value


def answer_wrong(server: str, cause: str) -> AvshiftError:
    """Return the error for an answer that breaks the protocol."""
    remedy = "Check the address and the port: 13299 is the usual one. No part of the list is used."
    return AvshiftError("server_answer_wrong", ASKING, server, visible(cause, LONGEST_CAUSE), remedy)


def quietly(act: Callable[[], object]) -> None:
    """Clean up on the server; errors do not matter, because the server forgets everything by itself."""
    with contextlib.suppress(AvshiftError):
        act()
