"""What is on record of a crowd's messages, held against what its actors wrote down of what they took."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from peerd.model.envelope import Envelope, parse, sanitise
from peerd.model.message import ON_THE_WAY, Delivery, MessageId, Receipt, Task
from peerd.model.peer import PeerName
from tests.live.crowd import TIRELESS, Crowd, reading
from tests.live.test_payloads import submissions

Taken = dict[str, list[Envelope]]
"""By peer, in the order taken."""
ENDS = {Delivery.SUBMITTED.value, *(each.value for each in Delivery if each not in ON_THE_WAY)}


class Verdict(NamedTuple):
    """`faults`: every promise that was not kept, as sentences. The rest is how it went."""

    faults: list[str]
    messages: int
    states: dict[str, int]
    tasks: dict[str, int]
    takings: int
    again: int
    why_dead: dict[str, int]


def judge(crowd: Crowd) -> Verdict:
    receipts, taken = on_record(crowd), {name: took(crowd, name) for name in crowd.plan.names}
    ours = [each for each in receipts if each.message.target in taken]
    takings = sum(map(len, taken.values()))
    dead = [each for each in ours if each.state is Delivery.DEAD or each.task is Task.DEAD]
    return Verdict(
        faults=[each for told in _faults(crowd, receipts, ours, taken) for each in told],
        messages=len(ours),
        states=dict(Counter(each.state.value for each in ours)),
        tasks=dict(Counter(each.task.value if each.task else "none" for each in ours)),
        takings=takings,
        again=takings - len({(name, each.id) for name, all in taken.items() for each in all}),
        why_dead=dict(Counter(each.history[-1].evidence for each in dead)),
    )


def _faults(crowd: Crowd, receipts: list[Receipt], ours: list[Receipt], taken: Taken) -> Iterator[Iterator[str]]:
    yield from (lost(crowd, receipts), unanswered(crowd, receipts), given_up(ours), ended(ours), false(ours, taken))
    yield from (order(ours, taken), strange(ours, taken), misattributed(crowd), altered(crowd))


def on_record(crowd: Crowd) -> list[Receipt]:
    """In the order accepted."""
    with reading(crowd.team) as reader:
        found = reader.receipts(limit=1 << 30)
    assert found.left_out == []
    return found.receipts[::-1]


def took(crowd: Crowd, name: str) -> list[Envelope]:
    """A text that is no message is one of nobody's, which `strange` tells."""
    none = Envelope("", "", "", None, None, 0, 0, "")  # type: ignore[arg-type]
    return [parse(text) or none._replace(body=text) for text in submissions(crowd.record(name))]


def lost(crowd: Crowd, receipts: list[Receipt]) -> Iterator[str]:
    """What was accepted is on record, once, as it was sent."""
    known = {(each.message.id, each.message.sender, each.message.target) for each in receipts}
    yield from (
        f"{each.id} was accepted and is on no record"
        for each in crowd.asked
        if (each.id, each.sender, each.target) not in known
    )
    yield from (f"{id} is there {n} times" for id, n in Counter(each.message.id for each in receipts).items() if n > 1)


def unanswered(crowd: Crowd, receipts: list[Receipt]) -> Iterator[str]:
    """Each question that was sent here has its answer on record: an actor tries until that is accepted, or is killed
    as its turn is over."""
    replied = Counter(each.message.reply_to for each in receipts)
    tasks = {each.message.id: each.task for each in receipts}
    yield from (
        f"{each.id} has no answer on record, its task is {tasks[MessageId(each.id)]}"
        for each in crowd.asked
        if tasks.get(MessageId(each.id), Task.TURN_ENDED) is not Task.TURN_ENDED and not replied[MessageId(each.id)]
    )


def given_up(receipts: list[Receipt]) -> Iterator[str]:
    """Nothing expires or is refused here, so that only what was tried as often as may be comes to nothing."""
    for each in receipts:
        dead = each.state is Delivery.DEAD or each.task is Task.DEAD
        if dead and each.attempt < TIRELESS["task_attempts"]:
            yield f"{each.message.id} was given up at attempt {each.attempt}: {each.history[-1].evidence}"


def ended(receipts: list[Receipt]) -> Iterator[str]:
    """Each has come to one end, and to no other before: one that was taken may be so once more, by another attempt."""
    for each in receipts:
        ends = [step.state for step in each.history if step.state in ENDS]
        if each.state in ON_THE_WAY or each.task is Task.OPEN:
            yield f"{each.message.id} is left {each.state.value}, its task {each.task}"
        elif len(set(ends)) != 1 and ends[-1:] != ["dead"]:
            yield f"{each.message.id} came to more than one end: {ends}"


def false(receipts: list[Receipt], taken: Taken) -> Iterator[str]:
    """What is called submitted, its target took: that attempt of it."""
    had = {(name, each.id, each.attempt) for name, all in taken.items() for each in all}
    for each in receipts:
        said = {step.attempt for step in each.history if step.state == Delivery.SUBMITTED.value}
        said |= {each.attempt} if each.state is Delivery.SUBMITTED else set()
        yield from (
            f"{each.message.id} is called submitted at attempt {attempt}, and {each.message.target} took no such"
            for attempt in said
            if (each.message.target, each.message.id, attempt) not in had
        )


def order(receipts: list[Receipt], taken: Taken) -> Iterator[str]:
    """Of each two peers: first taken in the order accepted. No attempt is taken twice."""
    sent = defaultdict[tuple[str, str], list[str]](list)
    for each in receipts:
        sent[each.message.sender, each.message.target].append(each.message.id)
    for (sender, target), ids in sent.items():
        place = {id: nth for nth, id in enumerate(ids)}
        firsts = list(dict.fromkeys(each.id for each in taken[target] if each.id in place))
        yield from (
            f"{target} took {later} of {sender} before {earlier}"
            for later, earlier in pairwise(firsts)
            if place[later] > place[earlier]
        )
    for name, all in taken.items():
        twice = Counter((each.id, each.attempt) for each in all)
        yield from (f"{name} took {id} twice as attempt {attempt}" for (id, attempt), n in twice.items() if n > 1)


def strange(receipts: list[Receipt], taken: Taken) -> Iterator[str]:
    """Nothing was taken but what was sent to who took it, by the one that it names, as it was sent."""
    known = {(each.message.id, each.message.target): each for each in receipts}
    for name, all in taken.items():
        for each in all:
            sent = known.get((each.id, PeerName(name)))
            if sent is None:
                yield f"{name} took what nobody sent it: {each}"
            elif (each.sender, each.kind) != (sent.message.sender_identity, sent.message.sender_kind):
                yield f"{name} took {each.id} of {sent.message.sender_identity} as one of {each.sender}"


def misattributed(crowd: Crowd) -> Iterator[str]:
    """What was taken names who sent it, by what was sent here and not by the record: an answer comes from who was
    asked."""
    senders = {each.id: each.sender for each in crowd.asked} | {f"re-{each.id}": each.target for each in crowd.asked}
    for name in crowd.plan.names:
        for each in took(crowd, name):
            sender = senders.get(each.id)
            if sender is not None and (each.sender, each.kind) != (f"actor-{sender}", "agent"):
                yield f"{name} took {each.id} of {sender} as one of {each.sender} ({each.kind})"


def altered(crowd: Crowd) -> Iterator[str]:
    """What was taken of what was sent here is what was sent."""
    sent = {each.id: sanitise(each.body) for each in crowd.asked}
    for name in crowd.plan.names:
        yield from (
            f"{name} took {each.id} with another text"
            for each in took(crowd, name)
            if each.id in sent and each.body != sent[each.id]
        )
