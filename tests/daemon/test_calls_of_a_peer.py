"""Who waits for a message of its peer's: the answer is for any session of that, the report for the one that sent it."""

import asyncio
from pathlib import Path

import pytest

from peerd.daemon import calls
from peerd.daemon.identity import Asker
from peerd.model.message import Receipt, Task
from peerd.model.peer import PeerName
from peerd.model.session import SessionId
from peerd.store.store import Store
from tests.build import M1, message
from tests.daemon.test_ends_over_files import begun

WEB, SENT_IN = PeerName("web"), SessionId("s-1")


def who(name: str, session: str) -> Asker:
    return Asker(PeerName(name), f"pull-{name}", "service", SessionId(session))


@pytest.mark.parametrize(
    ("asker", "prints", "awaits", "hears"),
    [
        (who("web", "s-1"), True, True, True),
        (who("web", "s-1"), False, False, True),
        (who("web", "s-2"), True, True, False),
        (who("web", "s-2"), False, False, False),
        (who("bob", "s-3"), True, False, False),
    ],
)
def test_a_call_of_a_later_session_is_for_the_answer_alone(
    tmp_path: Path, asker: Asker, prints: bool, awaits: bool, hears: bool
):
    async def waits() -> tuple[bool, bool]:
        daemon = begun(tmp_path)
        await daemon.store.accept(message(sender=WEB, sent_in=SENT_IN), Task.OPEN)
        asked = kept(daemon.store)
        calls.begin(daemon, asker, asked, calls.own(), prints=prints)
        found = calls.awaits_answer(daemon, asked), calls.wait_for(daemon, asked)
        await daemon.store.close()
        return found

    assert asyncio.run(waits()) == (awaits, hears)


def kept(store: Store) -> Receipt:
    found = store.reader.receipt(M1)
    assert found is not None
    return found
