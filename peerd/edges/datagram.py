"""Datagrams on a unix socket of ours: what comes, as text. Owns the socket's file, 0600."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator

DATAGRAM_MAX_BYTES = 4096


def bound(path: str) -> socket.socket:
    """What is sent from now on waits in it. A file that is there already is replaced. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    sock.bind(path)
    os.chmod(path, 0o600)
    return sock


def passed(fd: int) -> socket.socket:
    """One that was bound before."""
    sock = socket.socket(fileno=fd)
    sock.setblocking(False)
    return sock


async def received(sock: socket.socket) -> AsyncIterator[str]:
    """Until cancelled; the socket is closed then."""
    with sock:
        while True:
            data = await asyncio.get_running_loop().sock_recv(sock, DATAGRAM_MAX_BYTES)
            yield data.decode("utf-8", "replace")
