"""A command at a terminal of its own, and a person who types and pastes there."""

import contextlib
import os
import pty
import sys
from collections.abc import Mapping

from tests.eventually import eventually

PROMPT = "\n> "


class Terminal:
    """`peerd WORDS`, or what a shell makes of `script`, in which $PEERD is peerd."""

    def __init__(self, env: Mapping[str, str], *words: str, script: str | None = None) -> None:
        peerd = (sys.executable, "-m", "peerd", *words)
        argv = peerd if script is None else ("/bin/sh", "-c", script)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(argv[0], argv, {**env, "PEERD": f"{sys.executable} -m peerd"})
        os.set_blocking(self.fd, False)
        self.seen = ""

    def until(self, text: str, times: int = 1) -> str:
        eventually(lambda: self.read().count(text) >= times, within_s=15)
        return self.seen

    def read(self) -> str:
        with contextlib.suppress(OSError):
            self.seen += os.read(self.fd, 1 << 16).decode("utf-8", "replace").replace("\r\n", "\n")
        return self.seen

    def type(self, text: str | bytes) -> None:
        """All of it at once, as the terminal takes it; what that shows is read meanwhile."""
        data = text.encode() if isinstance(text, str) else text
        while data:
            with contextlib.suppress(BlockingIOError):
                data = data[os.write(self.fd, data[:500]) :]
            self.read()

    def paste(self, text: str) -> None:
        """As a terminal does that marks it."""
        marked = text.replace("\n", "\r")
        self.type(f"\x1b[200~{marked}\x1b[201~")

    def answer(self, *lines: str) -> None:
        """Each line is typed once the one before was taken, and then the dot."""
        for line in lines:
            prompts = self.seen.count(PROMPT)
            self.type(f"{line}\n")
            self.until(PROMPT, prompts + 1)
        self.type(".\n")

    def end(self) -> int:
        eventually(lambda: self.read() is None or self._over(), within_s=15)
        self.read()
        os.close(self.fd)
        return self.code

    def close(self) -> int:
        """The terminal is gone in the midst of it."""
        os.close(self.fd)
        eventually(self._over, within_s=15)
        return self.code

    def _over(self) -> bool:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        self.code = os.waitstatus_to_exitcode(status)
        return pid != 0
