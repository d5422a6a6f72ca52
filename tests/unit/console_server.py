"""A stand-in for a management server: the documented protocol over TLS on 127.0.0.1, and each way in which it can fail.

It is written from the vendor's published description and shares no code with the collection.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import gzip
import ipaddress
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "reader", 'pa"ss\\w\u00f6rd-9731'
BASIC = re.compile(r'KSCBasic user="([^"]*)", pass="([^"]*)"(?:, domain="([^"]*)")?, internal="([01])"')
SESSION = "c2Vzc2lvbi1vZi10aGUtdGVzdA=="


def devices(count: int) -> list[dict[str, Any]]:
    """Return rows as the server does: some values wrapped, some bare."""
    return [
        {
            "KLHST_WKS_HOSTNAME": f"guid-{number:06}",
            "KLHST_WKS_DN": f"WEB{number}",
            "KLHST_WKS_FQDN": f"web{number}.example.org",
            "KLHST_WKS_NAG_VERSION": "15.1.0.123",
            "KLHST_WKS_LAST_VISIBLE": {"type": "datetime", "value": "2026-11-28T10:00:00Z"},
            "KLHST_WKS_OS_NAME": {"type": "string", "value": "Linux"},
            "grp_full_name": "Managed devices/Web",
        }
        for number in range(count)
    ]


@dataclass
class Server:
    """The stand-in's data and behaviour. ``faults`` are {method: what answers instead}."""

    address: str = ""
    ca_path: str = ""
    rows: list[dict[str, Any]] = field(default_factory=lambda: devices(3))
    silent: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, Callable[[Handler, dict[str, Any]], Any]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    is_wrapped: bool = True
    is_packed: bool = False
    polls: int = 2

    def methods(self) -> list[str]:
        """Return the methods that were called, in order."""
        return [method for method, _arguments in self.calls]


class Handler(BaseHTTPRequestHandler):
    """One request. A fault may write what it likes and return None, or return what is sent as JSON."""

    protocol_version = "HTTP/1.1"
    state: Server

    def log_message(self, *_args: object) -> None:
        """Do not log requests."""

    def do_POST(self) -> None:
        """Answer a call."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        method = self.path.rpartition("/")[2]
        arguments = json.loads(body or b"{}")
        self.state.calls.append((method, arguments))
        self.state.headers.append(dict(self.headers.items()))
        if not self._is_let_in(method):
            self.say({}, 403 if method != "Session.StartSession" else 401, {"WWW-Authenticate": "KSCBasic"})
            return
        act = self.state.faults.get(method) or getattr(self, "on_" + method.replace(".", "_"), None)
        answer = {"PxgError": {"code": 1, "message": "no such method"}} if act is None else self._done(act, arguments)
        if answer is not None:
            with contextlib.suppress(OSError):
                self.say(answer)

    def _done(self, act: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        of_class = getattr(act, "__self__", None) is self
        return act(arguments) if of_class else act(self, arguments)

    def _is_let_in(self, method: str) -> bool:
        if method != "Session.StartSession":
            return self.headers.get("X-KSC-Session") == SESSION
        found = BASIC.fullmatch(self.headers.get("Authorization", ""))
        return bool(found) and [base64.b64decode(one).decode() for one in found.groups()[:2]] == [USER, PASSWORD]  # type: ignore[union-attr]

    def say(self, content: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Send JSON, compressed if the stand-in does that."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        # Some servers compress whatever a client accepts.
        packed = self.state.is_packed
        raw = gzip.compress(raw) if packed else raw
        self.send_response(status)
        for name, value in {**(headers or {}), **({"Content-Encoding": "gzip"} if packed else {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def on_Session_StartSession(self, _arguments: dict[str, Any]) -> Any:
        return {"PxgRetVal": SESSION}

    def on_Session_EndSession(self, _arguments: dict[str, Any]) -> Any:
        return {}

    def on_HostGroup_FindHosts(self, arguments: dict[str, Any]) -> Any:
        assert 0 < arguments["lMaxLifeTime"] <= 7200
        return {"strAccessor": "set-1", "PxgRetVal": len(self.state.rows)}

    def on_HostGroup_FindHostsAsync(self, _arguments: dict[str, Any]) -> Any:
        return {"strRequestId": "request-1"}

    def on_AsyncActionStateChecker_CheckActionState(self, arguments: dict[str, Any]) -> Any:
        assert arguments == {"wstrActionGuid": "request-1"}
        self.state.polls -= 1
        is_over = self.state.polls <= 0
        return {"bFinalized": is_over, "bSuccededFinalized": is_over, "lStateCode": int(is_over), "lNextCheckDelay": 1}

    def on_HostGroup_FindHostsAsyncGetAccessor(self, _arguments: dict[str, Any]) -> Any:
        silent = [{"type": "params", "value": one} for one in self.state.silent]
        told = {"type": "params", "value": {"KLGRP_FAILED_SLAVES_PARAMS": silent}} if silent else None
        return {"strAccessor": "set-1", "PxgRetVal": len(self.state.rows), "pFailedSlavesInfo": told}

    def on_ChunkAccessor_GetItemsCount(self, _arguments: dict[str, Any]) -> Any:
        return {"PxgRetVal": len(self.state.rows)}

    def on_ChunkAccessor_GetItemsChunk(self, arguments: dict[str, Any]) -> Any:
        start = arguments["nStart"]
        rows = self.state.rows[start : start + arguments["nCount"]]
        told = [{"type": "params", "value": row} for row in rows] if self.state.is_wrapped else rows
        return {"PxgRetVal": len(rows), "pChunk": {"KLCSP_ITERATOR_ARRAY": told}}

    def on_ChunkAccessor_Release(self, _arguments: dict[str, Any]) -> Any:
        return {}


@contextlib.contextmanager
def serving(home: Path, name: str = "127.0.0.1") -> Iterator[Server]:
    """Start a server whose certificate, in ``home``, is for a name or an address."""
    state = Server()
    handler = type("Of", (Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    # A client that refuses the certificate must not make a test's output noisy.
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]
    certificate = home / "server.pem"
    certificate.write_bytes(_certificate(name))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    state.address, state.ca_path = f"https://127.0.0.1:{server.server_address[1]}", str(certificate)
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _certificate(name: str) -> bytes:
    """Return a self-signed certificate with its key, as the server makes one for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        named: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        named = x509.DNSName(name)
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 365 * day)
        .not_valid_after(now + 365 * day)
        .add_extension(x509.SubjectAlternativeName([named]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    own = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *own)
