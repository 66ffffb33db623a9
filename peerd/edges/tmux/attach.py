"""The way in for a person. The only importer of libtmux, which starts a process a call: not for the event loop."""

import subprocess

from peerd.edges.tmux.program import program
from peerd.errors import TmuxError


def attach_command(socket: str, session: str, tmux: str | None = None) -> tuple[str, ...]:
    """The command line that attaches a terminal to this session, by this `tmux` (None: the one on our PATH), from
    inside another tmux too (leave TMUX set: by it tmux refuses to show a pane inside itself). Raises TmuxError when no
    server lives there or it has no such session. Blocks, for some milliseconds unless the server hangs: call it in a
    thread, with a deadline."""
    import libtmux
    from libtmux.exc import LibTmuxException

    tmux = tmux or program()
    server = libtmux.Server(socket_path=socket, tmux_bin=tmux)
    try:
        answer = server.cmd("has-session", target=f"={session}")
    except (LibTmuxException, OSError, subprocess.SubprocessError) as error:
        raise TmuxError("has-session", str(error)) from error
    if answer.returncode:
        raise TmuxError("has-session", " ".join(answer.stderr) or f"{socket} has no session {session}")
    return (tmux, "-u", "-N", "-S", socket, "attach-session", "-t", f"={session}")
