"""Descriptors for a process that is no child of ours: given by SCM_RIGHTS (unix(7)) over a unix socket of its own."""

import asyncio
import os
import socket
from collections.abc import Sequence


def bound(path: str) -> socket.socket:
    """Who connects from now on waits. In a folder of ours alone, the file's mode is the net. Raises OSError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        sock.bind(path)
        os.chmod(path, 0o600)
        sock.listen(1)
    except OSError:
        sock.close()
        raise
    return sock


async def given(sock: socket.socket, words: bytes, descriptors: Sequence[int]) -> bool:
    """To the first who asks, and to nobody after: the socket is closed then, and when this is cancelled. Waits for as
    long as nobody asks. False: whoever asked was gone again."""
    with sock:
        asker, _ = await asyncio.get_running_loop().sock_accept(sock)
    with asker:
        try:
            socket.send_fds(asker, [words], list(descriptors))
        except OSError:
            return False
    return True
