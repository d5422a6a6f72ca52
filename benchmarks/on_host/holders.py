"""Starts processes that hold descriptors and do nothing: COUNT of them, DESCRIPTORS each. SIGTERM ends them.

It writes the processes' ids and the number of descriptors to the file that READY names when all of them hold theirs.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import tempfile


def main():
    """Start the processes, say so, wait for SIGTERM, and end them by their ids."""
    count, descriptors, ready = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    told, tell = os.pipe()
    pids = [start(descriptors, tell) for _number in range(count)]
    for _pid in pids:
        os.read(told, 1)
    with open(ready + ".part", "w") as stream:
        json.dump({"parent": os.getpid(), "pids": pids, "descriptors": count * descriptors}, stream)
    os.rename(ready + ".part", ready)
    signal.sigwait({signal.SIGTERM})
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def start(descriptors, tell):
    """Start one process and return its id."""
    pid = os.fork()
    if pid == 0:
        with contextlib.ExitStack() as held:
            hold(descriptors, held)
            os.write(tell, b".")
            while True:
                signal.pause()
    return pid


def hold(descriptors, held):
    """Open what servers have open: files most of all, pipes, and sockets of both families."""
    opened = 0
    while opened < descriptors:
        turn = opened % 25
        if turn < 15 or descriptors - opened < 2:
            held.callback(os.close, os.open(tempfile.gettempdir(), os.O_RDWR | os.O_TMPFILE))
            opened += 1
        elif turn < 19:
            held.callback(lambda pair: [os.close(end) for end in pair], os.pipe())
            opened += 2
        elif turn < 23:
            for end in socket.socketpair():
                held.enter_context(end)
            opened += 2
        else:
            bound = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            bound.bind(("127.0.0.1", 0))
            opened += 1


if __name__ == "__main__":
    main()
