"""A peer as a caller looks at it: explained, its screen, where to sit down at it."""

import os

from msgspec.structs import replace

from peerd import rfc3339
from peerd.daemon import bad_records, home_copy, listening, views, wake
from peerd.daemon.authorization import operator_only
from peerd.daemon.context import Daemon
from peerd.daemon.decisions import last_decisions
from peerd.daemon.identity import Asker
from peerd.daemon.live import Live
from peerd.daemon.reach import out_of_reach, reach, try_to_reach, unreachable
from peerd.daemon.verdict import unclearly
from peerd.edges import clock
from peerd.edges.tmux.program import found, own_program
from peerd.errors import PeerdError, TmuxError
from peerd.model.peer import PeerName
from peerd.model.screen import Screen
from peerd.rpc import params as p
from peerd.rpc import results as r

MAY_BE_SECRET = ("env", "args", "initial_prompt")
SITS_DOWN_WITHIN_S = 10.0  # from the answer to the terminal's being attached: the command has to load libtmux


async def show(daemon: Daemon, params: p.PeerParams, *, whole: bool) -> r.PeerShown:
    """`whole`: also what may be secret of its spec, which is nothing to other sessions."""
    name = wake.a_peer(daemon, params.peer)
    decisions = last_decisions(daemon.home.logs, name, views.DECISIONS_SHOWN)
    live = daemon.by_peer.get(name)
    evidence = ([] if live is None else views.evidence(live)) + _prompt(daemon, name, live)
    evidence += [] if live is None else [await _on_screen(daemon, live)]
    evidence += [] if live is None else views.next_one(live, daemon.loop.peers[name].spec)
    evidence += [_held(str(at)) for at in listening.of(daemon.listening, name)]
    evidence += views.of_its_file(daemon, name) + bad_records.evidence(daemon, name) + home_copy.evidence(daemon, name)
    shown = views.shown(daemon, daemon.loop.peers[name], decisions, evidence)
    told = {field: value for field, value in shown.spec.items() if whole or field not in MAY_BE_SECRET}
    return replace(shown, spec=told)


def _prompt(daemon: Daemon, name: PeerName, live: Live | None) -> list[r.Evidence]:
    """Where what the session was told of itself and its team lies, and what it goes without."""
    there = live is not None and os.path.isfile(live.place.prompt)
    says = ([live.place.prompt] if live is not None and there else []) + list(daemon.unread.get(name, ()))
    return [r.Evidence(source="prompt", says=each, age_s=None) for each in says]


def _held(at: str) -> r.Evidence:
    return r.Evidence(source="listening", says=f"{at} is held for it, also while it is down", age_s=0.0)


async def _on_screen(daemon: Daemon, live: Live) -> r.Evidence:
    """What its adapter reads off the screen now."""
    try:
        pane = await reach(live)
        screen, people = await pane.capture(), await pane.humans()
    except TmuxError as error:
        why = out_of_reach(live) or error.why
        return r.Evidence(source="screen", says=f"cannot be read now: {why}", age_s=None)
    says = views.read_off(screen, live.adapter.read(screen), people, live.peer)
    return r.Evidence(source="screen", says=says, age_s=0.0)


async def peek(daemon: Daemon, params: p.PeerParams) -> r.PeerPeeked:
    """The screen of now; of a dead session, the last one. Raises PeerdError where one lives that is not known well
    enough to be looked at."""
    name = wake.a_peer(daemon, params.peer)
    live = daemon.living(name)
    if live is not None:
        screen = await _screen(live)
        now = rfc3339.stamp(clock.wall())
        return r.PeerPeeked(peer=name, session=live.id, live=True, lines=list(screen.lines), at=now)
    unclear = unclearly(daemon, daemon.loop.peers[name])
    if unclear and await bad_records.lives(daemon, name):
        raise PeerdError(f"{name} is unclear, so its screen is not shown: {unclear}")
    last = daemon.store.reader.last_ended(name)
    if last is None or last.end is None or last.ended_at is None:
        return r.PeerPeeked(peer=name, session=None, live=False, lines=[], at=None)
    at = rfc3339.stamp(last.ended_at)
    return r.PeerPeeked(peer=name, session=last.id, live=False, lines=list(last.end.last_lines), at=at)


async def _screen(live: Live) -> Screen:
    """Raises PeerdError, in words for a person."""
    try:
        return await (await reach(live)).capture()
    except TmuxError as error:
        why = unreachable(live)
        if why is None:
            raise PeerdError(f"the screen of {live.peer} cannot be read now: {error.why}.") from error
        raise TmuxError(error.op, f"{live.peer} is {why}") from error


async def attach(daemon: Daemon, who: Asker, params: p.PeerParams) -> r.PeerAttached:
    """Where to sit down; the session is not ended for want of work while its caller is on the way there. A peer that
    sleeps, or is just ending, goes on with its conversation; it is never begun afresh for this."""
    operator_only(who, "attach to a peer's session, even one it may control")
    name = wake.a_peer(daemon, params.peer)
    if daemon.living(name) is None or wake.ends(daemon, daemon.loop.peers[name]):
        await wake.resume(daemon, name, "attach")
    live = daemon.living(name)
    if live is None:
        raise PeerdError(f"{name} has no session to attach to. `peerd wake {name}` brings it up.")
    live.expected_until = clock.now() + SITS_DOWN_WITHIN_S
    await try_to_reach(live)  # a person would sit before a terminal that hangs
    why = unreachable(live)
    if why:
        raise PeerdError(f"{name} is {why}.")
    live.expected_until = clock.now() + SITS_DOWN_WITHIN_S
    own = own_program(live.host.server.pid, found())
    return r.PeerAttached(peer=PeerName(name), socket=live.host.socket, session=live.session_name, tmux=own)
