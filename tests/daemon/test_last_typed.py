"""What was typed last is known for ours by the next daemon, as it was typed, and forgotten once it was taken."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from peerd.daemon import last_typed
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery, Task
from peerd.store.store import Store
from peerd.store.write import InsertMessage, InsertSession, Revive, SetTyped, Write
from peerd_adapters.shell import Shell
from tests.build import M1, S1, message
from tests.store.records import WALL, delivery, in_store, session


def unseen(attempt: int) -> tuple[Write, ...]:
    """And cancelled, and handed out anew."""
    return (
        delivery(Delivery.ACCEPTED, attempt=attempt, session=None, outcome=AttemptEnd.UNKNOWN),
        delivery(Delivery.CANCELLED, attempt=attempt, session=None),
        Revive(M1, WALL + attempt, "again"),
    )


def test_a_text_is_known_as_it_was_typed_however_often_its_message_was_handed_out_anew_since(tmp_path: Path):
    async def story(store: Store) -> tuple[tuple[str, ...], tuple[str, ...]]:
        daemon: Any = SimpleNamespace(store=store)
        live: Any = SimpleNamespace(id=S1, adapter=Shell(), place=SimpleNamespace(folder="/x"), typed=())
        await store.commit(InsertSession(session()), InsertMessage(message(), Task.OPEN))
        await store.commit(delivery(Delivery.LEASED), *unseen(1), delivery(Delivery.LEASED, attempt=2))
        then = store.reader.receipt(M1)
        assert then is not None
        as_typed = last_typed.traces(live.adapter.compose(last_typed.addressed(then), 2, live.place))
        await store.commit(*unseen(2))
        live.session = store.reader.session(S1)
        last_typed.recall(daemon, live)
        return as_typed, live.typed

    as_typed, recalled = in_store(tmp_path, story)
    assert recalled == as_typed


def test_words_that_were_taken_are_ours_no_more_but_what_was_typed_since_is():
    recorded: list[Write] = []
    daemon: Any = SimpleNamespace(record=recorded.append)
    live: Any = SimpleNamespace(id=S1, adapter=SimpleNamespace(control={"compact": ("/compact", "Enter")}))

    live.typed = ("m-1",)
    last_typed.forget_words(daemon, live, "compact")
    assert (live.typed, recorded) == (("m-1",), [])

    live.typed = ("/compact",)
    last_typed.forget_words(daemon, live, "compact")
    assert (live.typed, recorded) == ((), [SetTyped(S1, None)])
