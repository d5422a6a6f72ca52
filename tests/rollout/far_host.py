"""A host behind a bad network: a server of ssh on this machine, and a relay that delays, loses and cuts what goes by.

TCP hides a lost packet and shows a pause until it was sent again, which doubles each time: so does the relay. It needs
neither root nor a module of the kernel.
"""

from __future__ import annotations

import os
import queue
import random
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import paramiko

FIRST_PAUSE, PAUSES = 0.2, 6
CHUNK = 16_384
# A connection that is closed so ends in a reset.
HARD = struct.pack("ii", 1, 0)


class _Account(paramiko.ServerInterface):
    """Lets any user in, and runs one command a channel."""

    def __init__(self, host: FarHost) -> None:
        self._host = host

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._host.carry_out, args=(channel, command), daemon=True).start()
        return True


class FarHost:
    """One host: ``port`` is where its relay listens. A command that has begun goes on when its connection ends."""

    def __init__(self, latency: float, loss: float) -> None:
        self.latency, self._loss = latency, loss
        self._chance = random.Random(16)
        self._key = paramiko.RSAKey.generate(2048)
        self._inner, self._outer = (socket.create_server(("127.0.0.1", 0)) for _end in range(2))
        self.port: int = self._outer.getsockname()[1]
        self.is_up = True
        self._links: list[socket.socket] = []
        self._commands: list[subprocess.Popen[bytes]] = []
        for serve in (self._serve, self._relay):
            threading.Thread(target=serve, daemon=True).start()

    def cut(self) -> None:
        """End all connections at once, and let none in until ``is_up`` is set again."""
        self.is_up = False
        for link in self._links:
            with suppress(OSError):
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
                link.shutdown(socket.SHUT_RDWR)
        self._links.clear()

    def restart(self) -> None:
        """Lose all that runs on the host, too."""
        self.cut()
        for command in self._commands:
            with suppress(ProcessLookupError):
                os.killpg(command.pid, signal.SIGKILL)
        self._commands.clear()

    def close(self) -> None:
        """Leave nothing behind."""
        self.restart()
        for listening in (self._inner, self._outer):
            listening.close()

    def carry_out(self, channel: paramiko.Channel, command: bytes) -> None:
        """Run a command of a client."""
        argv, pipe = ["/bin/sh", "-c", command.decode()], subprocess.PIPE
        with subprocess.Popen(argv, start_new_session=True, stdin=pipe, stdout=pipe, stderr=pipe) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            self._commands.append(process)
            pumps = [
                threading.Thread(target=_pump, args=(process.stdout.read1, channel.sendall), daemon=True),
                threading.Thread(target=_pump, args=(process.stderr.read1, channel.sendall_stderr), daemon=True),
            ]
            for pump in pumps:
                pump.start()
            threading.Thread(target=_feed, args=(channel, process.stdin), daemon=True).start()
            status = process.wait()
            for pump in pumps:
                pump.join()
        with suppress(OSError, EOFError, paramiko.SSHException):
            channel.send_exit_status(status if status >= 0 else 128 - status)
            channel.close()

    def _serve(self) -> None:
        while True:
            try:
                link, _address = self._inner.accept()
            except OSError:
                return
            transport = paramiko.Transport(link)
            transport.add_server_key(self._key)
            with suppress(OSError, EOFError, paramiko.SSHException):
                transport.start_server(server=_Account(self), event=threading.Event())

    def _relay(self) -> None:
        while True:
            try:
                client, _address = self._outer.accept()
            except OSError:
                return
            if not self.is_up:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
                client.close()
                continue
            host = socket.create_connection(self._inner.getsockname())
            self._links += [client, host]
            for start, end, delay in ((client, host, self.latency), (host, client, 0.0)):
                self._carry(start, end, delay)

    def _carry(self, start: socket.socket, end: socket.socket, delay: float) -> None:
        waiting: queue.Queue[tuple[float, bytes]] = queue.Queue()

        def take() -> None:
            data = b"-"
            while data:
                try:
                    data = start.recv(CHUNK)
                except OSError:
                    data = b""
                waiting.put((time.monotonic() + delay + self._pause(), data))

        def give() -> None:
            data = b"-"
            while data:
                due, data = waiting.get()
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    end.sendall(data)
                except OSError:
                    return
            with suppress(OSError):
                end.shutdown(socket.SHUT_WR)

        for work in (take, give):
            threading.Thread(target=work, daemon=True).start()

    def _pause(self) -> float:
        """Return how long TCP needs until a packet has come through."""
        lost = 0
        while lost < PAUSES and self._chance.random() < self._loss:
            lost += 1
        return FIRST_PAUSE * (2**lost - 1)


def _pump(read: Callable[[int], bytes], send: Callable[[bytes], object]) -> None:
    """Send all that is read. What no client takes any more is read anyway: a program outlives its user."""
    while data := read(CHUNK):
        with suppress(OSError, EOFError, paramiko.SSHException):
            send(data)


def _feed(channel: paramiko.Channel, stdin: IO[bytes]) -> None:
    with suppress(OSError, EOFError, ValueError):
        while data := channel.recv(CHUNK):
            stdin.write(data)
            stdin.flush()
    with suppress(OSError, ValueError):
        stdin.close()


@contextmanager
def far_host(folder: Path, latency: float = 0.0, loss: float = 0.0) -> Iterator[FarHost]:
    """Have a host behind a bad network, whose key is in the folder."""
    paramiko.RSAKey.generate(2048).write_private_key_file(str(folder / "key"))
    host = FarHost(latency, loss)
    try:
        yield host
    finally:
        host.close()
