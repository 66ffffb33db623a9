"""Whether a session began since the machine started, so that its pids and start times tell of it."""

from peerd.edges import host, process
from peerd.model.session import Session


def began_in_it(session: Session) -> bool:
    """Its record tells; a runtime that lives and bears its mark proves a record wrong that says otherwise."""
    return session.boot_id == host.boot_id() or _lives(session)


def _lives(session: Session) -> bool:
    runtime = session.host.runtime if session.host is not None else None
    return runtime is not None and process.alive(runtime) and process.session_of(runtime.pid) == session.id
