"""Topics belong to a conversation: whoever goes on with an older one has those of that."""

import pytest
from msgspec.structs import replace

from peerd.core.decide import decide
from peerd.core.event import SessionReady
from peerd.core.state import Past
from peerd.model.peer import Phase
from tests.build import ADA, S1, peer

LAST = Past(parked=True, conversation="new", topics=("weather",))


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (SessionReady(ADA, S1, conversation="old", topics=("tax",)), ("old", ("tax",))),
        (SessionReady(ADA, S1, conversation="new", topics=("weather", "sport")), ("new", ("weather", "sport"))),
        (SessionReady(ADA, S1), ("new", ("weather",))),
    ],
    ids=["an older one", "the last one", "nothing on record"],
)
def test_a_resumed_session_has_the_topics_of_the_conversation_it_goes_on_with(
    told: SessionReady, known: tuple[str, tuple[str, ...]]
):
    boots = replace(peer(phase=Phase.STARTING, session=S1, mode="resume"), past=LAST)

    past = decide(boots, told, now=1.0).peer.past

    assert (past.conversation, past.topics) == known
