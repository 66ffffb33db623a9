"""What is on record and makes no sense: told, with what to do about it. It stays as it is, and costs no other row.

A peer whose want makes no sense, or a session of it that may live, counts as stopped: `start` and `stop` clear that up.
"""

import asyncio
import os

import msgspec
from msgspec.structs import replace

from peerd.core.event import TurnLost
from peerd.daemon import end_reason, initial_prompt, lost_turns, orphans, processes, teardown
from peerd.daemon.approvals import recovery
from peerd.daemon.context import Daemon
from peerd.daemon.restore import terms_of
from peerd.daemon.stored_peers import recorded
from peerd.edges import clock, process
from peerd.edges.process import kin
from peerd.edges.tmux import server
from peerd.errors import PeerdError, TmuxError
from peerd.model.message import MessageId, first_id
from peerd.model.notice import Notice
from peerd.model.peer import PeerName
from peerd.model.session import End, EndCause, Ending, SessionId
from peerd.rpc.results import Evidence
from peerd.store.decode import Unclear
from peerd.store.write import EndSession

STARTED = End(EndCause.EXITED, why="nobody had it in hand, and nothing of it was found to live")
STOPPED = End(EndCause.STOPPED, why="nobody had it in hand; all that carried its mark was ended")
PIDS_TOLD = 8
GONE_WITHIN_S, GONE_POLL_S = 2.0, 0.05


class Told(msgspec.Struct, frozen=True):
    """What a person is told of one row, and whose it is."""

    words: str
    message: MessageId | None = None
    peer: PeerName | None = None
    session: SessionId | None = None

    @property
    def notice(self) -> Notice:
        about = self.message or self.session or self.peer or self.words
        return Notice(kind="record", about=about, text=self.words)


def note(daemon: Daemon) -> None:
    """As the record is now: told once in the log, and by `status` as long as it is so."""
    known = {each.text for each in daemon.senseless}
    unclear = (*_wants(daemon), *_sessions(daemon))
    found = (*_messages(daemon), *unclear, *_ends(daemon))
    daemon.senseless = tuple(each.notice for each in found)
    daemon.unclear = {each.peer: each.words for each in unclear if each.peer is not None}
    for each in found:
        if each.words in known:
            continue
        if each.message is not None:
            daemon.log.write("senseless", id=each.message, why=each.words)
        else:
            daemon.log.write("senseless-record", peer=each.peer, session=each.session, why=each.words)


def note_again(daemon: Daemon) -> None:
    """After what may have cleared some of it up."""
    if daemon.senseless:
        note(daemon)


def evidence(daemon: Daemon, name: PeerName) -> list[Evidence]:
    told = (*_wants(daemon), *_sessions(daemon))
    return [Evidence(source="record", says=each.words, age_s=0.0) for each in told if each.peer == name]


def _messages(daemon: Daemon) -> list[Told]:
    told = "message {id} has an invalid record and is not delivered: {why}. `peerd queue cancel {id}` removes it."
    found = daemon.store.reader.senseless()
    return [Told(told.format(id=id, why=why), message=id) for id, why in found.items()]


def _wants(daemon: Daemon) -> list[Told]:
    told = (
        "the record of whether {name} is stopped is invalid: {why}. It counts as stopped; a session that lives is left "
        "alone, and is given nothing. `peerd start {name}` lets it run, `peerd stop {name}` stops it."
    )
    return [
        Told(told.format(name=name, why=why), peer=name) for name, why in daemon.store.reader.unclear_wants().items()
    ]


def _sessions(daemon: Daemon) -> list[Told]:
    """But for those in our hands: they are known, and get their end."""
    return [Told(_of_session(daemon, each), peer=each.peer, session=each.id) for each in _all(daemon)]


def _all(daemon: Daemon) -> list[Unclear]:
    """Of peers that are known, those that no record knows, and those that could not be adopted."""
    others = (*daemon.unrecorded.values(), *daemon.unadopted.values())
    known = (each for each in others if each.peer in daemon.loop.peers)
    found = (*daemon.store.reader.unclear_sessions(daemon.misnamed), *known)
    return [each for each in found if each.id not in daemon.live]


def _of_session(daemon: Daemon, unclear: Unclear) -> str:
    told = f"{_called(unclear)} has an invalid record, and may live: {unclear.why}."
    if unclear.id in daemon.unadopted:
        return (
            f"{_called(unclear)} may live, and could not be adopted: {unclear.why}. It is left alone, and tried again "
            f"every {daemon.settings.census_s:g} s; {unclear.peer} counts as stopped until then. `peerd stop "
            f"{unclear.peer}` ends it; `peerd start {unclear.peer}` lets {unclear.peer} run once nothing of it lives."
        )
    if unclear.row is None:
        return (
            f"{_called(unclear)} lives, and is not on record: it is left alone. {unclear.peer} counts as stopped. "
            f"`peerd stop {unclear.peer}` ends it; `peerd start {unclear.peer}` then lets {unclear.peer} run."
        )
    if unclear.peer is None or unclear.id is None:
        return f"{told} {_by_hand(daemon, unclear)}"
    name = unclear.peer
    return (
        f"{told} {name} counts as stopped; a daemon that understands the row takes the session up again. `peerd stop "
        f"{name}` ends it; `peerd start {name}` lets {name} run once nothing of it lives."
    )


def _ends(daemon: Daemon) -> list[Told]:
    told = "{what} is over and has an invalid record: {why}. It is not known how it ended and what was said there."
    return [
        Told(told.format(what=_called(each), why=each.why), peer=each.peer, session=each.id)
        for each in daemon.store.reader.unclear_ends()
    ]


def _called(unclear: Unclear) -> str:
    return f"session {unclear.id or f'in row {unclear.row}'} of {unclear.peer or 'an unknown peer'}"


def _wrong(daemon: Daemon, unclear: Unclear) -> str:
    if unclear.id in daemon.unadopted:
        return f"could not be adopted ({unclear.why})"
    return "is not on record" if unclear.row is None else "has an invalid record"


def _by_hand(daemon: Daemon, unclear: Unclear) -> str:
    return (
        "End what lives of it by hand, then `peerd daemon stop`, and correct its row or remove it: "
        f'sqlite3 {daemon.home.store} "DELETE FROM session WHERE seq = {unclear.row}"'
    )


def _unclear(daemon: Daemon, name: PeerName) -> list[Unclear]:
    return [each for each in _all(daemon) if each.peer == name]


async def lives(daemon: Daemon, name: PeerName) -> bool:
    """Whether anything of such a session of it does."""
    return any([await _lives(daemon, each) for each in _unclear(daemon, name)])


async def let_start(daemon: Daemon, name: PeerName) -> None:
    """On record as over, where nothing of it lives. Raises PeerdError where something does: nothing was changed."""
    for each in _unclear(daemon, name):
        lives = await _lives(daemon, each)
        if lives:
            raise PeerdError(
                f"{name} was not started: {_called(each)} {_wrong(daemon, each)}, and lives: {lives}. `peerd stop "
                f"{name}` ends it, `peerd start {name}` then lets {name} run."
            )
        await _over(daemon, each, STARTED)


async def end(daemon: Daemon, name: PeerName) -> None:
    """All that carries the mark of such a session is ended, and that is on record. Raises PeerdError where some of it
    lives on."""
    for each in _unclear(daemon, name):
        await end_reason.note(daemon, _id(daemon, each), Ending(STOPPED.cause, STOPPED.why))
        for socket in sockets(daemon, each):
            await _end_server(daemon, each, socket)
        known = orphans.runtime_of(each.host)
        await processes.sweep(daemon, _id(daemon, each), each.peer, known=known, grace_s=orphans.GRACE_S)
        lives = await _lives_on(daemon, each)
        if lives:
            raise PeerdError(f"{_called(each)} {_wrong(daemon, each)}, and lives on: {lives}. End it by hand.")
        await _over(daemon, each, STOPPED)


async def _lives_on(daemon: Daemon, unclear: Unclear) -> str:
    """As `_lives`, after it was ended: what dies by that keeps its number for a moment, and bears no mark any more."""
    give_up = clock.now() + GONE_WITHIN_S
    while (lives := await _lives(daemon, unclear)) and clock.now() < give_up:
        await clock.pause(GONE_POLL_S)
    return lives


async def _end_server(daemon: Daemon, unclear: Unclear, socket: str) -> None:
    try:
        await orphans.end(daemon, _id(daemon, unclear), unclear.peer, socket, unclear.host)
    except TmuxError as error:
        daemon.log.write("action-failed", session=unclear.id, action=f"end {socket}", why=str(error))


async def _over(daemon: Daemon, unclear: Unclear, end: End) -> None:
    """What was under way in it waits again. Nothing for one that has its end, or was adopted, meanwhile."""
    id, name = _id(daemon, unclear), PeerName(unclear.peer or "")
    if daemon.unadopted.pop(id, None) is not None:
        await teardown.record(daemon, id, end)
    elif unclear.row is None and id not in daemon.unrecorded:
        return
    elif daemon.unrecorded.pop(id, None) is None:
        await daemon.store.commit(EndSession(id, end, clock.wall()))
    daemon.log.write("session-ended", peer=name, session=id, cause=end.cause, why=end.why)
    recovery.forget(daemon, id)
    await initial_prompt.cancel(daemon, first_id(id))
    spec = daemon.loop.peers[name].spec
    begun = terms_of(daemon, unclear.spec) if unclear.spec is not None else None
    taken = recorded(daemon, {name: spec}, daemon.store.reader.may_live()).taken.get(name, {})
    for each in reversed(taken.get(id, ())):
        daemon.loop.feed(TurnLost(name, id, each, end, terms=begun))
    doubt = lost_turns.doubted(daemon).get(name, {}).get(id)
    if doubt is not None:
        daemon.loop.feed(replace(lost_turns.lost(daemon, name, id, doubt, taken=False), terms=begun))


def _id(daemon: Daemon, unclear: Unclear) -> SessionId:
    """Raises PeerdError: without an id nothing of it can be told from anything else."""
    if unclear.id is None:
        raise PeerdError(f"{_called(unclear)} has an invalid record: {unclear.why}. {_by_hand(daemon, unclear)}")
    return unclear.id


async def _lives(daemon: Daemon, unclear: Unclear) -> str:
    """What of it can be seen to live; "" for nothing. What does not answer lives."""
    host = unclear.host
    found = await asyncio.to_thread(kin.members, _id(daemon, unclear), orphans.runtime_of(host))
    ours = {each.pid for each in (host.runtime, host.server) if process.alive(each)} if host is not None else set()
    pids = sorted({each.pid for each in found} | ours)
    told = (
        [f"process {', '.join(map(str, pids[:PIDS_TOLD]))}{', ...' if len(pids) > PIDS_TOLD else ''}"] if pids else []
    )
    servers = [socket for socket in sockets(daemon, unclear) if await _serves(socket, unclear)]
    return ", ".join(told + [f"tmux -S {socket}" for socket in servers])


async def _serves(socket: str, unclear: Unclear) -> bool:
    try:
        return await server.alive(socket) and await server.mark(socket) == unclear.id
    except TmuxError:
        return True


def sockets(daemon: Daemon, unclear: Unclear) -> list[str]:
    """Where its tmux server may listen: where its row says, or under the name it has with some runtime."""
    said = {unclear.host.socket} if unclear.host is not None else set()
    named = {daemon.home.tmux_socket(f"{runtime}-{unclear.peer}") for runtime in daemon.adapters}
    return sorted(socket for socket in said | named if os.path.lexists(socket))
