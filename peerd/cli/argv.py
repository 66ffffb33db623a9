"""This process's command line, as others on the machine can read it (`ps`, `/proc/PID/cmdline`)."""

from contextlib import suppress

START, END = 45, 46
"""Of `/proc/self/stat`, counted from the field behind the name: where the command line lies in memory."""


def hide(text: str) -> None:
    """Each word of it that is `text`, or an option with `=` and `text`, is overwritten with stars, but for the option's
    name. Elsewhere than on Linux, and where the kernel refuses, it stays."""
    with suppress(OSError, ValueError, IndexError):
        _overwrite(text.encode("utf-8", "surrogateescape"))


def _overwrite(secret: bytes) -> None:
    with open("/proc/self/stat", "rb") as stat:
        fields = stat.read().rpartition(b")")[2].split()
    at, end = int(fields[START]), int(fields[END])
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(at)
        for word in memory.read(end - at).split(b"\0"):
            if word == secret or (word.startswith(b"--") and word.endswith(b"=" + secret)):
                memory.seek(at + len(word) - len(secret))
                memory.write(b"*" * len(secret))
            at += len(word) + 1
