"""tmux servers of ours: one an identity, on a socket of its own, with our configuration and never the user's.

Starts them, ends them by exactly their socket, tells whether one is there. Never touches a server on another socket,
and passes no secret in an argv: the first command line stays the server's, readable to every user of the machine.
"""

import asyncio
import contextlib
import os
import signal
import socket as sockets
import stat
from collections.abc import Callable

import msgspec

from peerd.edges.tmux import panelog
from peerd.edges.tmux.line import argument, quote
from peerd.edges.tmux.program import OLDEST, TO_INSTALL, release, run
from peerd.errors import TmuxError

COLUMNS, ROWS = 220, 50  # wide enough that no TUI folds its input line
COLUMNS_MIN, ROWS_MIN = (
    80,
    24,
)  # of whoever is attached: in fewer rows Claude's input line of 800 characters has no room
START_S = 10.0  # measured 8 ms; a storm of 100 on two cores takes a second
KILL_S = 5.0  # measured 3 ms
VERSION_S = 5.0
SHOWN_S = 1.0
GOES_S = 1.0  # measured 5 ms from its last session's end; it still listens then, and answers nobody
HERE = "here"
GONE_POLL_S = 0.002

FIT = (
    f"{{ resize-window -A ; if-shell -F '#{{e|<|:#{{window_width}},{COLUMNS_MIN}}}' 'resize-window -x {COLUMNS_MIN}' ; "
    f"if-shell -F '#{{e|<|:#{{window_height}},{ROWS_MIN}}}' 'resize-window -y {ROWS_MIN}' }}"
)
"""With nobody attached but control clients, `-A` is the default size; `window-size` stays manual (3.3a, measured)."""
CONF = f"""\
# Ours alone: written anew for every session. The server is started with -f, so no other file is read.
set-option -s exit-empty on
set-option -s escape-time 10
set-option -s set-clipboard off
set-option -s message-limit 50
set-option -s default-terminal screen-256color
set-option -g destroy-unattached off
set-option -g update-environment ''
set-option -g default-size {COLUMNS}x{ROWS}
set-option -g history-limit 5000
set-option -g mouse off
set-option -g status off
set-option -g set-titles off
set-option -g remain-on-exit on
set-option -gq remain-on-exit-format ''
set-option -g automatic-rename off
set-option -g allow-rename off
set-option -gq allow-passthrough off
# Whoever is attached sees all of it, in the size of the largest terminal there, and leaves the size as it was.
set-hook -g client-attached {FIT}
set-hook -g client-resized {FIT}
set-hook -g client-detached {FIT}
# Keys that split or move the pane, rename the session, or paste tmux's own buffers (which ends a 3.3a server when the
# pane is dead). The prefix, copy mode, detaching and all else stay.
unbind-key -T prefix '"'
unbind-key -T prefix %
unbind-key -T prefix !
unbind-key -T prefix c
unbind-key -T prefix $
unbind-key -T prefix .
unbind-key -T prefix <
unbind-key -T prefix >
unbind-key -T prefix ]
unbind-key -T prefix =
unbind-key -T root MouseDown2Pane
unbind-key -T root MouseDown3Pane
unbind-key -T root M-MouseDown3Pane
"""
"""`exit-empty on`: a server without a session is nobody's. Never `set -g window-size manual`: with it every
`new-session` ends the server, on 3.3a as on later ones; `start` sets it on the window."""


Tell = Callable[[signal.Signals], bool]
"""Signals a server, and no other process that has its pid by now: it could be ended by that. False: it is gone."""


class Started(msgspec.Struct, frozen=True):
    """Where a new session lives. The pane's process may have ended already."""

    pane: str  # tmux's %id
    pane_pid: int
    server_pid: int
    tmux_version: str


def write_conf(folder: str, mark: str) -> str:
    """Write the configuration, 0600, replacing an older one whole; `mark` becomes the session option `@peerd_session`.
    Returns its path. Not synced: it is written anew before every start."""
    path = os.path.join(folder, "tmux.conf")
    fresh = f"{path}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{CONF}set-option -g @peerd_session {quote(mark)}\n")
    os.rename(fresh, path)
    return path


async def start(
    socket: str,
    conf: str,
    session: str,
    launch_argv: tuple[str, ...],
    *,
    cwd: str,
    env: dict[str, str],
    log: str | None = None,
    deadline_s: float = START_S,
) -> Started:
    """Start a server with one session, whose pane runs `launch_argv` itself, in `cwd`, with no shell in between.

    The server's environment is `env` and nothing else; the pane's is that plus what tmux sets (TERM, TERM_PROGRAM,
    TERM_PROGRAM_VERSION, TMUX, TMUX_PANE, PWD, and SHELL where it is missing). Umask and limits are inherited.
    All the pane ever writes is appended to `log`. `session` is an identity: letters, digits, dashes.
    A socket file that nobody listens on is replaced, and a server that is just exiting is waited for. Raises TmuxError,
    leaving nothing running, when a live server sits on the socket (that one is left alone), when tmux refuses, or after
    `deadline_s` seconds."""
    if not await _vacant(socket):
        raise TmuxError("new-session", f"a live server already sits on {socket}; end it first")
    _lay_out(conf, log)
    words = _start_words(socket, conf, session, launch_argv, log)
    try:
        answer = await run("new-session", words, deadline_s=deadline_s, env=env, cwd=cwd)
        return _started(answer.code, answer.out, answer.complaint)
    except (TmuxError, asyncio.CancelledError):
        with contextlib.suppress(TmuxError):
            await kill(socket)
        raise


async def kill(socket: str, deadline_s: float = KILL_S) -> None:
    """End the server on exactly this socket and remove the socket file; silent when there is none. Once it returns
    nobody listens there. Raises TmuxError when the server has not gone within `deadline_s` seconds; the processes
    in its panes get a SIGHUP, which they may ignore."""
    try:
        async with asyncio.timeout(deadline_s):
            while await alive(socket):
                await run("kill-server", ("-N", "-S", socket, "kill-server"), deadline_s=deadline_s)
                await asyncio.sleep(GONE_POLL_S)
    except TimeoutError:
        raise TmuxError("kill-server", f"the server on {socket} has not gone within {deadline_s:g} s") from None
    with contextlib.suppress(FileNotFoundError):
        os.unlink(socket)


async def forget(socket: str) -> None:
    """Remove a socket file that nobody listens on any more."""
    if not await alive(socket):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(socket)


async def show(socket: str, tell: Tell, within_s: float = SHOWN_S) -> None:
    """Have a server whose socket file was deleted, by a cleaner of temporary files, make it again. Returns at once
    where the file is there, or the server is not; raises nothing where it cannot be had back."""
    if os.path.exists(socket) or not tell(signal.SIGUSR1):
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while not os.path.exists(socket):  # noqa: ASYNC110  a file gives no event
                await asyncio.sleep(GONE_POLL_S)


async def alive(socket: str) -> bool:
    """Whether a server listens on this socket; one that hangs does. False: there is no server. Raises TmuxError when
    it could not be asked. At once, without a process."""
    try:
        with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
            probe.setblocking(False)
            probe.connect(socket)
    except FileNotFoundError:
        return False
    except ConnectionRefusedError:
        return _refused(socket)
    except BlockingIOError:  # its backlog is full, so somebody listens
        return True
    except OSError as error:
        raise TmuxError("ask", f"{socket}: {error}") from error
    return True


async def mark(socket: str, deadline_s: float = VERSION_S) -> str | None:
    """The `@peerd_session` of the server on this socket; None where it has none, or was exiting and is gone by now.
    Raises TmuxError when it could not be asked."""
    words = ("-N", "-S", socket, "show-options", "-gqv", "@peerd_session", ";", "display-message", "-p", HERE)
    answer = await run("show-options", words, deadline_s=deadline_s)
    *marked, last = answer.out.split() or ("",)
    if last == HERE and not answer.code:
        return " ".join(marked) or None
    if await _goes(socket):
        return None
    raise TmuxError("show-options", f"{socket}: {answer.complaint or 'no answer'}")


async def _vacant(socket: str) -> bool:
    """No server sits there; of one that is exiting that is so in a moment."""
    if await alive(socket):
        with contextlib.suppress(TmuxError):
            await mark(socket, GOES_S)
    return not await alive(socket)


async def _goes(socket: str) -> bool:
    """Whether a server that did not answer was exiting: then nobody listens there soon."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GOES_S):
            while await alive(socket):  # noqa: ASYNC110  a socket gives no event
                await asyncio.sleep(GONE_POLL_S)
            return True
    return False


async def version(deadline_s: float = VERSION_S) -> str:
    """The installed tmux's, such as `3.3a`. Raises TmuxError, naming what to install, when there is none or it is
    older than 3.2."""
    answer = await run("-V", ("-V",), deadline_s=deadline_s)
    text = answer.out.strip().removeprefix("tmux ")
    if answer.code or release(text) < OLDEST:
        raise TmuxError("-V", f"found {text or answer.complaint!r}; {TO_INSTALL}")
    return text


def nudge(tell: Tell) -> None:
    """Have the server look for dead children again: distribution builds of 3.5a and older lose the SIGCHLD of a pane
    in most cases where a control client is attached, and then never tell its exit status. Harmless otherwise."""
    tell(signal.SIGCHLD)


def _lay_out(conf: str, log: str | None) -> None:
    """Without its configuration a server would lose dead panes, so it is not started then."""
    try:
        os.stat(conf)
        if log is not None:
            panelog.create(log)
    except OSError as error:
        raise TmuxError("new-session", str(error)) from error


def _start_words(socket: str, conf: str, session: str, argv: tuple[str, ...], log: str | None) -> tuple[str, ...]:
    told = "#{pane_id} #{pane_pid} #{pid} #{version}"
    new = ("new-session", "-d", "-s", session, "-x", str(COLUMNS), "-y", str(ROWS), "-P", "-F", told)
    runtime = tuple(argument(word) for word in _direct(argv))
    size = (";", "set-option", "-w", "-t", f"={session}:", "window-size", "manual")
    pipe = (";", "pipe-pane", "-O", "-t", f"={session}:", panelog.writer(log)) if log is not None else ()
    return ("-u", "-S", socket, "-f", conf, *new, "--", *runtime, *size, *pipe)


def _direct(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Two words or more, which tmux executes itself; a single one it would hand to a shell, so env(1) executes it."""
    if len(argv) > 1:
        return argv
    if not argv or "=" in argv[0] or argv[0].startswith("-"):
        raise TmuxError("new-session", f"{argv} is not a command line: env(1) would not run it; add an argument")
    return ("/usr/bin/env", *argv)


def _started(code: int, out: str, complaint: str) -> Started:
    fields = out.split()
    if code or len(fields) != 4:
        raise TmuxError("new-session", complaint or f"unexpected answer {out!r}")
    pane, pane_pid, server_pid, version = fields
    return Started(pane, int(pane_pid), int(server_pid), version)


def _refused(socket: str) -> bool:
    """A stale socket file is no server; something that is no socket is not ours to replace."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.stat(socket).st_mode):
            raise TmuxError("ask", f"{socket} is not a socket; move it away")
    return False
