"""What peerd last typed into a session's input line, so that it is known for its own where it still stands there, by
the next daemon too and whatever became of it since."""

from msgspec.structs import replace

from peerd.adapter import Keys, Probe
from peerd.core.history import TYPED, behind
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges.tmux.pane import KEY
from peerd.model.landing import exactly
from peerd.model.message import Message, MessageId, Receipt, Step
from peerd.model.session import PROBED, WORDS
from peerd.store.write import SetTyped


def recall(daemon: Daemon, live: Live) -> None:
    """As the last daemon left it."""
    typed = live.session.typed
    if typed is not None and typed.startswith(WORDS):
        live.typed = (landed(words(live, typed.removeprefix(WORDS))),)
    elif typed is not None:
        _recall_message(daemon, live, MessageId(typed.removeprefix(PROBED)), probed=typed.startswith(PROBED))


def _recall_message(daemon: Daemon, live: Live, id: MessageId, *, probed: bool) -> None:
    receipt = daemon.store.reader.sensible(id)
    while receipt is not None and receipt.history and not _was_typed(receipt.history[-1], live):
        receipt = replace(receipt, history=receipt.history[:-1])  # as it was then, so was its text
    if receipt is not None and receipt.history:
        attempt = receipt.history[-1].attempt
        keys = live.adapter.compose(addressed(receipt), attempt, live.place)
        live.probe = keys.probe if probed else None
        live.typed, live.typed_of = (*traces(keys), *_alone(live.probe)), (id, attempt)


def _was_typed(step: Step, live: Live) -> bool:
    return step.state in TYPED and step.session == live.id


def addressed(receipt: Receipt) -> Message:
    """As it is typed: an attempt tells which of it were made before somebody had it handed out anew."""
    return replace(receipt.message, forgiven=behind(receipt.history).forgiven)


async def begin_words(daemon: Daemon, live: Live, what: str) -> None:
    """On disk before they are typed. Raises StoreError, and nothing is to be typed then."""
    await daemon.store.commit(SetTyped(live.id, f"{WORDS}{what}"))
    live.typed, live.typed_of, live.probe = (landed(words(live, what)),), None, None


async def begin_probe(daemon: Daemon, live: Live, message: MessageId, probe: Probe) -> None:
    """On disk before it is typed: an Enter that was only slow leaves it alone in the line. Raises StoreError, and it is
    not to be typed then."""
    await daemon.store.commit(SetTyped(live.id, f"{PROBED}{message}"))
    live.typed, live.probe = (*live.typed, *_alone(probe)), probe


def end_probe(daemon: Daemon, live: Live, message: MessageId, probe: Probe) -> None:
    """It was seen to be taken back."""
    live.typed, live.probe = tuple(each for each in live.typed if each not in _alone(probe)), None
    daemon.record(SetTyped(live.id, message))


def _alone(probe: Probe | None) -> tuple[str, ...]:
    return (exactly(probe.shown),) if probe is not None else ()


def forget_words(daemon: Daemon, live: Live, what: str) -> None:
    """They were taken: a person who types the same has a draft of their own. What was typed since stays ours."""
    if live.typed == (landed(words(live, what)),):
        live.typed = ()
        daemon.record(SetTyped(live.id, None))


def words(live: Live, what: str) -> tuple[str, ...]:
    """What the adapter has typed for this, keys aside."""
    return tuple(word for word in live.adapter.control.get(what, ()) if not KEY.fullmatch(word))


def landed(typed: tuple[str, ...]) -> str:
    return exactly("".join(typed))


def traces(keys: Keys) -> tuple[str, ...]:
    """Patterns of what an attempt may have left in the line."""
    return (keys.landed, *(_probed(pattern, keys) for pattern in (keys.landed, *keys.left)))


def _probed(pattern: str, keys: Keys) -> str:
    """The line with a probe that was not taken back, wherever the cursor stood."""
    probe = f"(?:{exactly(keys.probe.shown)})?" if keys.probe else ""
    return f"{probe}(?:{pattern}){probe}"
