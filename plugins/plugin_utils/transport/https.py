# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask a server over TLS, by Ansible's own client: one server, no redirect, and limits of size and time that hold
whatever the server does.
"""

from __future__ import annotations

import http.client
import queue
import re
import ssl
import threading
import urllib.error
from pathlib import Path
from typing import Any

from ansible.module_utils.urls import ConnectionError as NoConnection
from ansible.module_utils.urls import SSLValidationError, open_url

from ..errors import AvshiftError
from ..visible import visible

ASKING = "Asking a server"
ADDRESS = re.compile(r"https://(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?", re.ASCII)
MOST_BYTES, BLOCK = 64 << 20, 1 << 16
UNREACHED = "Check the address, the port and the firewall, and run again; nothing of what was read so far is used."
CERTIFICATE = "Give the certificate of the authority that signed the server's in ca_path."
FAULTS = (OSError, http.client.HTTPException, NoConnection, SSLValidationError, EOFError, ValueError)
Reply = tuple[int, bytes, str]


class Https:
    """A link to one server. ``timeout`` is how many seconds a whole answer may take."""

    def __init__(self, address: str, timeout: float, ca_path: str | None = None, validate: bool = True) -> None:
        """Take an address as https://host[:port]. AvshiftError for any other."""
        if not ADDRESS.fullmatch(address):
            cause = "it is no address of the form https://host:port"
            remedy = "Give nothing else in it: no user, no password, no path."
            raise AvshiftError("server_address_wrong", ASKING, visible(address.rpartition("@")[2]), cause, remedy)
        if ca_path and not Path(ca_path).is_file():
            cause = "there is no such file"
            raise AvshiftError("file_unreadable", ASKING, visible(ca_path), cause, "Name the certificate in ca_path.")
        self.name = address.rstrip("/")
        self._timeout, self._ca_path, self._validate = timeout, ca_path, validate

    def send(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Return (status, body, what a refusal asks for) of the answer to a POST. AvshiftError if there is none."""
        # A server that sends a byte now and then is never late for a socket, so the whole answer has a limit too.
        told: queue.SimpleQueue[Reply | Exception] = queue.SimpleQueue()
        given_up = threading.Event()

        def ask() -> None:
            try:
                told.put(self._answer(path, headers, body, given_up))
            except (AvshiftError, *FAULTS) as error:
                told.put(error)
            finally:
                # It counts where neither an answer nor a fault that is known came before it.
                told.put(self._lost("its answer could not be read"))

        threading.Thread(target=ask, daemon=True, name="avshift-https").start()
        try:
            answer = told.get(timeout=self._timeout)
        except queue.Empty:
            given_up.set()
            raise self._lost(f"its answer was not whole after {self._timeout:g} s") from None
        if isinstance(answer, Exception):
            # Without the fault as its cause: what urllib shows of a request holds its headers.
            raise self._failure(answer) from None
        return answer

    def _answer(self, path: str, headers: dict[str, str], body: bytes, given_up: threading.Event) -> Reply:
        try:
            answer = open_url(
                f"{self.name}{path}",
                data=body,
                method="POST",
                headers={"Content-Type": "application/json", **headers},
                timeout=self._timeout,
                validate_certs=self._validate,
                ca_path=self._ca_path,
                follow_redirects="none",
                use_proxy=False,
                use_netrc=False,
                http_agent="avshift.endpoint",
            )
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            status = int(answer.code)
            if 300 <= status < 400:
                raise self._error("server_redirects", "it sends elsewhere, and nothing is sent there", UNREACHED)
            return status, self._body(answer, given_up), ", ".join(answer.headers.get_all("WWW-Authenticate") or ())

    def _body(self, answer: Any, given_up: threading.Event) -> bytes:
        """Return a body, unpacked as it comes, up to the limit."""
        parts, size = [], 0
        while not given_up.is_set():
            part = answer.read(BLOCK)
            if not part:
                break
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                cause = f"an answer has more than {MOST_BYTES:,} bytes"
                raise self._error("server_answer_too_large", cause, "Find out what answers at this address.")
        return b"".join(parts)

    def _failure(self, error: Exception) -> AvshiftError:
        """Return what a fault means to the user."""
        if isinstance(error, AvshiftError):
            return error
        reason = getattr(error, "reason", error)
        if isinstance(reason, (ssl.SSLCertVerificationError, ssl.CertificateError)) or (
            isinstance(error, SSLValidationError)
        ):
            words = getattr(reason, "verify_message", "") or "it does not fit"
            cause = f"its certificate was not accepted ({visible(words)})"
            return self._error("server_untrusted", cause, CERTIFICATE)
        return self._lost(f"there is no whole answer ({type(reason).__name__}: {visible(reason, 200)})")

    def _lost(self, cause: str) -> AvshiftError:
        return self._error("server_unreachable", cause, UNREACHED)

    def _error(self, code: str, cause: str, remedy: str) -> AvshiftError:
        return AvshiftError(code, ASKING, self.name, cause, remedy)
