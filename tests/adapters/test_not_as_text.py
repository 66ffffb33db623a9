"""Texts of which Claude would read more than they are: files that they name, and pictures. They go by a file."""

import re
import time

import pytest

from peerd.adapter import Place
from peerd.model.landing import squeezed
from peerd_adapters.claude import Claude
from tests.build import message

PLACE = Place("/s/s-1", "/s/s-1/journal", "/s/s-1/tmp", "/s/own")
HEADER = "peerd message m-1 from operator (person) attempt 1 hops 0:"
READ_BY_CLAUDE = {
    "a whole path": "look @/etc/hostname please",
    "one of the folder": "look at @README.md",
    "one in it": "@src/a.py",
    "a home": "is it @~/key?",
    "quoted": 'see @"/etc/host name"',
    "above": "see @..",
    "after a full stop of another script": "見。@/etc/hostname",
    "after what is not seen": "see \u200b@/etc/hostname",
    "after a letter that is not seen": "see \u3164@/etc/hostname",
    "in a long one": "1\n2\n3\n4\n@/etc/hostname",
    "an agent of its own": "@agent-reviewer now",
    "what a server has": "@docs:file://x",
    "a picture": "/tmp/a.png",
    "a quoted picture": '"/tmp/a b.PNG"',
    "a picture on a line": "look at\n  /tmp/a.jpeg \nplease",
    "pictures on one line": "/tmp/a.webp /tmp/notes.txt",
    "a picture behind a share of Windows": "\\\\host /tmp/a.png",
    "a picture behind a quoted backslash": '"\\/tmp/a.png"',
    "pictures in a long one": "1\n2\n3\n4\n/tmp/a.gif",
}


@pytest.mark.parametrize("name", READ_BY_CLAUDE)
def test_a_message_of_which_claude_would_read_more_than_its_text_goes_by_file(name: str):
    keys = Claude().compose(message(body=READ_BY_CLAUDE[name]), 1, PLACE)

    assert keys.files == {"in/m-1": READ_BY_CLAUDE[name]}
    assert keys.pastes[0].startswith(HEADER)
    assert keys.pastes[0].rstrip().endswith(f"the file {PLACE.folder}/in/m-1")
    assert re.fullmatch(keys.landed, squeezed(keys.pastes[0]))


@pytest.mark.parametrize(
    "body",
    [
        *("mail me@example.org", "ask @bob.", "@bob: look", "@dataclass\nclass A: ...", "a@/b", "(@/etc/hostname)"),
        *("look at /tmp/a.png", "see docs/a.png", "a.png", "/tmp/notes.txt", "/tmp/a.pngs", "@", "100 @ 5"),
    ],
)
def test_what_claude_takes_as_it_is_is_typed(body: str):
    assert Claude().compose(message(body=body), 1, PLACE).files == {}


@pytest.mark.parametrize(
    "body",
    ["\u2026@" * 300_000, "@a " * 300_000, "/a" * 500_000, "\n/ " * 300_000],
    ids=["mentions", "words", "path", "paths"],
)
def test_to_look_for_that_takes_no_time_to_speak_of(body: str):
    began = time.process_time()
    Claude().compose(message(body=body), 1, PLACE)

    assert time.process_time() - began < 2.0


@pytest.mark.parametrize(("body", "pastes"), [("ab\t" * 120, 1), ("ab\t" * 140, 2), ("ab\t" * 180, 2)])
def test_claude_counts_a_tab_as_four(body: str, pastes: int):
    assert len(Claude().compose(message(body=body), 1, PLACE).pastes) == pastes
