"""What one peer sends another beyond its budget: refused before anything is stored, and told to the operator."""

import math

from peerd.core.budget import Budget, Refusals, again_s, refused_once_more
from peerd.counted import counted
from peerd.daemon import quota
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.pairs import pauses, storms
from peerd.edges import clock
from peerd.errors import PairLimited
from peerd.model.message import Message
from peerd.model.notice import Notice
from peerd.model.peer import OPERATOR, PAIR_RATE, PAIR_WINDOW_S, PeerName
from peerd.store.refused import SetRefused

Pair = tuple[PeerName, PeerName]
"""Sender and target."""

NOTED_FOR_S = 3600.0
"""After the last refusal: a person who looks once an hour sees it."""


def check(daemon: Daemon, asker: Asker, message: Message) -> None:
    """Raises PairLimited, and PairPaused. Only peers have a budget: whoever asks outside every session is a person."""
    if asker.session is None:
        return
    if message.target != OPERATOR:
        storms.check(daemon, message)
    budget = _budget(daemon, asker.name)
    wait_s = _again_s(daemon, message, budget)
    if wait_s is None:
        return
    _note(daemon, message, budget, wait_s)
    wait_s = math.ceil(wait_s)
    raise PairLimited(
        f"{asker.name} has sent {message.target} {_figures(budget)}: nothing was sent. Send it again in {wait_s} s; "
        f"do not send more than is needed. `pair_rate` in the spec of {asker.name} may allow more.",
        wait_s,
    )


def _budget(daemon: Daemon, sender: PeerName) -> Budget:
    peer, figures = daemon.loop.peers.get(sender), daemon.settings.peers
    if peer is not None:
        return Budget(peer.spec.pair_rate, peer.spec.pair_window_s)
    return Budget(int(figures.get("pair_rate", PAIR_RATE)), figures.get("pair_window_s", PAIR_WINDOW_S))


def _again_s(daemon: Daemon, message: Message, budget: Budget) -> float | None:
    """From what is on record, and what is just being put there."""
    being_stored = len(quota.under_way_from(daemon, message))
    if being_stored >= budget.rate:
        return budget.window_s
    sent = storms.sent(message, budget.window_s)
    nth_last = daemon.store.reader.nth_last_sent(sent, budget.rate - being_stored)
    return again_s(nth_last, message.accepted_at, budget)


async def begin(daemon: Daemon) -> None:
    """With what a daemon before has refused."""
    await pauses.begin(daemon)
    for each in daemon.store.reader.refused():
        noted = min(clock.now() + each.noted - clock.wall(), clock.now())
        daemon.between.refusals[each.sender, each.target] = Refusals(each.count, noted, noted, each.windows)


def _note(daemon: Daemon, message: Message, budget: Budget, wait_s: float) -> None:
    now, pair = clock.now(), (message.sender, message.target)
    counts = {each: known for each, known in daemon.between.refusals.items() if _counts(daemon, each, known, now)}
    refused, told = refused_once_more(counts.get(pair), now, budget)
    daemon.between.refusals = {**counts, pair: refused}
    if told:
        daemon.record(SetRefused(*pair, refused.count, clock.wall(), refused.windows))
        daemon.log.write(
            "pair-limited",
            from_=message.sender,
            to=message.target,
            count=budget.rate,
            window_s=budget.window_s,
            again_s=round(wait_s, 1),
        )
    if told and message.target != OPERATOR:
        storms.check_overrun(daemon, message, refused.windows)


def _counts(daemon: Daemon, pair: Pair, known: Refusals, now: float) -> bool:
    """Still: it is told of, or the window that follows may be one more on end."""
    return now - known.last < max(NOTED_FOR_S, 2 * _budget(daemon, pair[0]).window_s)


def notices(daemon: Daemon) -> list[Notice]:
    """One for each two, however often and whichever of them was refused; of two that are paused, that."""
    now, lately = clock.now(), _lately(daemon)
    firsts = (pair for pair in lately if pair[0] < pair[1] or pair[::-1] not in lately)
    limited = [_told(daemon, pair, lately[pair], lately.get(pair[::-1]), now) for pair in firsts]
    held = pauses.notices(daemon)
    return [*held, *(each for each in limited if each.about not in {each.about for each in held})]


def _lately(daemon: Daemon) -> dict[Pair, Refusals]:
    now = clock.now()
    known = sorted(daemon.between.refusals.items())
    return {pair: each for pair, each in known if now - each.last < NOTED_FOR_S and pair[0] in daemon.loop.peers}


def lately(daemon: Daemon) -> list[tuple[PeerName, PeerName, float, str]]:
    """Who was refused what for its budget: sender, target, when last (monotonic), and how often."""
    return [
        (*pair, each.last, f"{each.count} of {pair[0]} refused, beyond its budget")
        for pair, each in _lately(daemon).items()
    ]


def _told(daemon: Daemon, pair: Pair, known: Refusals, back: Refusals | None, now: float) -> Notice:
    """`back`: what the target sent its sender, where that was too much as well."""
    sender, target = pair
    who = f"{sender} and {target} send each other" if back else f"{sender} sends {target}"
    refused = known.count + (back.count if back else 0)
    ago_s = now - max(known.last, back.last if back else known.last)
    return Notice(
        kind="pair",
        about=" ".join(sorted(pair)),
        text=f"{who} more than {_figures(_budget(daemon, sender))}: {refused} refused, the last {ago_s:.0f} s ago.",
        remedy=f"`peerd messages --peer {sender}` shows them, `peerd stop {sender}` ends it; "
        f"`peerd edit {sender} --set pair_rate=N` allows more",
    )


def _figures(budget: Budget) -> str:
    return f"{counted(budget.rate, 'message')} in {budget.window_s:g} s"
