"""The word that a person sees for a peer."""

from typing import Any

import pytest

from peerd.cli.peer_word import waits_for, word
from tests.cli.answers import row


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"awaits": ["m-1", "m-2"]}, ("waiting", "an answer to m-1, m-2")),
        ({"awaits": []}, ("waiting", "its silence")),
        ({"awaits": None}, ("idle", "")),
        ({"awaits": ["m-1"], "activity": "unknown", "unreached": "alive", "hold": "tmux"}, ("unknown", "tmux")),
        ({"want": "down", "phase": "asleep", "hold": "queue-paused", "queued": 1}, ("stopped", "stopped")),
        ({"phase": "asleep", "hold": "queue-paused", "queued": 1}, ("asleep", "queue-paused")),
    ],
)
def test_a_peer_is_told_in_a_word_with_what_it_waits_for(fields: dict[str, Any], words: tuple[str, str]):
    found = row(**fields)

    assert (word(found), waits_for(found)) == words
