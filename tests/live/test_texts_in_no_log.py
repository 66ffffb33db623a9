"""What is said to a peer is in no event log, also where it was said in the wrong place, and refused by quoting it."""

import pytest

from tests.live.conftest import Team

WORD = "hunter2"
TEXT = f"the password is {WORD}"


@pytest.mark.parametrize("said", [TEXT, WORD], ids=["text", "word"])
def test_a_text_in_the_place_of_another_word_is_told_to_who_said_it_and_in_no_log(up: Team, said: str):
    swapped = (
        *(("send", said, "bob"), ("ask", said, "bob"), ("reply", said, "m-1"), ("wake", said, "--task", "bob")),
        *(("send", f"@{said}", "bob"), ("send", "bob", "hello", "--reply-to", said), ("queue", "cancel", said)),
    )

    ran = [up.run(*words) for words in swapped]

    assert [(each.code > 0, WORD in each.err) for each in ran] == [(True, True)] * len(swapped)
    is_kept_out(up, len(swapped))


def test_nor_is_one_that_is_no_id_key_or_topic(up: Team):
    up.add("bob", "shell")
    to_bob = ("send", "bob", "hello")
    wrong = ((*to_bob, "--id", TEXT), (*to_bob, "--key", TEXT), (*to_bob, "--topic", f"{TEXT}\n"))

    ran = [up.run(*words) for words in wrong]

    assert [each.code for each in ran] == [2, 2, 2]
    is_kept_out(up, len(wrong))


def is_kept_out(team: Team, refusals: int) -> None:
    refused = [line for line in team.log().splitlines() if " ev=refused " in line]
    assert [" kind=" in line and " why=" not in line for line in refused] == [True] * refusals
    assert WORD not in team.log() + team.log("delivery")


def test_why_one_is_refused_that_is_where_it_belongs_is_in_the_log(up: Team):
    up.add("bob", "shell")
    up.call("peer.stop", peer="bob")

    up.run("send", "bob", TEXT)

    assert 'kind=refused why="bob is stopped' in up.log()
    assert WORD not in up.log()
