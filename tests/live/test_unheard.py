"""A session that takes a message and tells nothing of it, as an agent whose hooks cannot run any more: what it keeps of
its conversation shows that it took the message."""

import json
import os
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from peerd import rfc3339
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_payloads import submissions
from tests.live.test_seen_after_all import SHORT_LEASES
from tests.live.test_unknown_screens import SOON

pytestmark = pytest.mark.tmux

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
WORKS_S = "1.5"  # for longer than a lease lasts
UNHEARD = (
    "ada is not heard: it took m-1, but its hooks have reported nothing since, so they may not run. One message is "
    "typed to it at {}, to see whether they report; the others wait. `peerd stop ada && peerd start ada --resume` "
    "starts its runtime again, in the same conversation"
)
TRIED_AFTER_S = 2.0
TRIES_SOON = (
    sys.executable,
    "-c",
    "from peerd import specfile; from peerd.daemon import unheard; specfile.LEASE_MIN_S = 0.1; "
    f"unheard.TRIED_AFTER_S = {TRIED_AFTER_S}; {RUN_DAEMON}",
)
"""A daemon that leaves a session that is not heard alone for a short while only."""
SEEN_TO_BE_READY = (
    sys.executable,
    "-c",
    "from peerd import specfile; from peerd_adapters.actor import Actor; specfile.LEASE_MIN_S = 0.1; "
    f"Actor.ready_when = 'seen'; {RUN_DAEMON}",
)
"""A daemon that has a session ready by its screen, as one of Codex: it tells nothing before its first prompt."""
UNTOLD = (
    "ada is not heard: it may have taken m-1, but its hooks have reported nothing since it began, so they may not run. "
    "That is not typed again until they report. `peerd daemon restart && peerd new ada` types it to a new session"
)


class Untold:
    """ada, who writes into a file what belongs into her journal, and has told that this is where she keeps her
    conversation."""

    def __init__(self, team: Team, *args: str, daemon: tuple[str, ...] = SHORT_LEASES, told: bool = True) -> None:
        self.team, self.file, self.record = team, team.root / "untold", team.root / "record"
        os.makedirs(team.home.config)
        Path(team.home.settings_file).write_text(SOON)
        team.start(*daemon)
        flags = ("--busy-s", WORKS_S, "--untold", str(self.file), "--record", str(self.record))
        team.add("ada", "actor", *flags, *args, lease_s=0.5)
        if not told:
            self.file.touch()
        team.call("peer.wake", peer="ada")
        if not told:
            return
        self.tell(json.dumps({"ev": "conversation", "id": "c-1", "record": str(self.file)}) + "\n")
        self.file.touch()

    def tell(self, lines: str) -> None:
        with Path(self.team.home.session(self.team.session("ada").id), "journal").open("a") as journal:
            journal.write(lines)

    def is_heard_late(self) -> None:
        said = self.file.read_text()
        self.file.unlink()
        self.tell(said)

    def shown(self, id: str = "m-1") -> dict[str, Any]:
        return self.team.call("message.show", id=id)

    def is_told_by_its_record(self) -> None:
        told = f"the conversation that {self.team.session('ada').id} keeps has its id"
        (taken,) = [step["evidence"] for step in self.shown()["history"] if step["state"] == "submitted"]
        assert taken == f"{told}; its hooks told nothing of it in time"

    @property
    def notices(self) -> list[str]:
        return self.team.call("daemon.status").get("notices") or []

    def takes(self) -> None:
        self.team.send("ada", "work", id="m-1", wait="accepted")
        eventually(lambda: self.shown()["state"] == "submitted", within_s=10)


@pytest.fixture
def ada(team: Team) -> Untold:
    return Untold(team)


def test_what_a_session_took_and_told_nothing_of_is_not_typed_again(ada: Untold):
    ada.takes()
    done = ada.team.call("message.wait", id="m-1", until="ended", timeout_s=20)

    assert (done["task"], done["attempt"], len(submissions(ada.record))) == ("answered", 1, 1)
    ada.is_told_by_its_record()


def test_nothing_more_is_typed_to_a_session_that_is_not_heard_and_the_operator_is_told(ada: Untold):
    ada.takes()
    eventually(lambda: ada.team.show("ada")["activity"] == "idle", within_s=15)

    sent = ada.team.send("ada", "more", id="m-2", wait="submitted", timeout_s=1.5)

    told = UNHEARD.format(STAMP.findall(sent["because"])[0])
    assert (sent["state"], sent["hold"], sent["because"]) == ("accepted", "unheard", told)
    assert ada.notices == [told]
    assert told.removeprefix("ada is ") in ada.team.run("show", "ada").out
    assert len(submissions(ada.record)) == 1


def test_a_session_that_missed_one_hook_alone_is_not_told_as_unheard_and_goes_on(ada: Untold):
    ada.team.send("ada", "work", id="m-1", wait="accepted")
    eventually(lambda: ada.file.read_text(), within_s=10)
    ada.tell(json.dumps({"ev": "turn_ended"}) + "\n")
    eventually(lambda: ada.shown()["state"] == "submitted", within_s=10)
    notices = ada.notices
    ada.file.unlink()

    done = ada.team.send("ada", "more", id="m-2", wait="submitted", timeout_s=20)

    assert (done["state"], ada.shown()["attempt"], notices) == ("submitted", 1, [])
    ada.is_told_by_its_record()


def test_a_session_that_is_heard_late_goes_on(ada: Untold):
    ada.takes()
    ada.team.send("ada", "more", id="m-2", wait="accepted")
    eventually(lambda: ada.shown("m-2")["hold"] == "unheard", within_s=15)

    ada.is_heard_late()

    done = ada.team.call("message.wait", id="m-2", until="ended", timeout_s=20)
    assert (done["task"], done["attempt"], len(submissions(ada.record)), ada.notices) == ("answered", 1, 2, [])


def test_another_session_is_given_what_waits_for_one_that_is_not_heard(ada: Untold):
    ada.takes()
    ada.team.send("ada", "more", id="m-2", wait="accepted")
    eventually(lambda: ada.shown("m-2")["hold"] == "unheard", within_s=15)
    ada.file.unlink()

    ada.team.call("peer.new", peer="ada", timeout_s=20.0)

    done = ada.team.call("message.wait", id="m-2", until="ended", timeout_s=20)
    assert (done["task"], len(submissions(ada.record)), ada.notices) == ("answered", 2, [])


def test_what_came_to_nothing_and_was_taken_all_the_same_is_told_so(team: Team):
    team.start(*SHORT_LEASES)
    untold = team.root / "untold"
    team.add("ada", "actor", "--busy-s", "60", "--untold", str(untold), lease_s=0.5)
    team.call("peer.wake", peer="ada")
    untold.touch()
    team.send("ada", "work", id="m-1", wait="accepted", expires_s=1.5)
    eventually(lambda: team.call("message.show", id="m-1")["state"] == "expired", within_s=15)

    with Path(team.home.session(team.session("ada").id), "journal").open("a") as journal:
        journal.write(untold.read_text() * 2)

    eventually(lambda: "taken after all: its id is in the journal of s-" in team.run("message", "m-1").out)
    told = team.run("message", "m-1").out
    assert "failed, but ada has taken it since; `peerd queue requeue m-1` would" in told
    assert told.count("taken after all") == 1


def test_what_was_taken_and_not_told_before_the_daemon_died_is_not_typed_again_by_the_next(team: Team):
    ada = Untold(team, "--busy-s", "6")
    ada.team.send("ada", "work", id="m-1", wait="accepted")
    eventually(lambda: "submitted" in ada.file.read_text(), within_s=10)
    ada.team.kill_daemon()

    ada.team.start(*SHORT_LEASES)

    eventually(lambda: ada.shown()["state"] == "submitted", within_s=10)
    done = ada.team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    assert (done["task"], done["attempt"], len(submissions(ada.record))) == ("answered", 1, 1)
    ada.is_told_by_its_record()


def test_what_was_taken_is_found_where_the_record_was_named_long_before_the_daemon_was_started_again(ada: Untold):
    long = json.dumps({"ev": "turn_began", "told": "x" * 900}) + "\n"
    ada.tell(long * 80 + json.dumps({"ev": "turn_ended"}) + "\n")
    eventually(lambda: ada.team.session("ada").journal_read > 80 * len(long), within_s=10)
    ada.team.kill_daemon()
    ada.team.start(*SHORT_LEASES)

    ada.takes()

    done = ada.team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    assert (done["task"], done["attempt"], len(submissions(ada.record))) == ("answered", 1, 1)
    ada.is_told_by_its_record()


def test_a_session_that_missed_the_hooks_of_one_turn_is_tried_after_a_while_and_goes_on(team: Team):
    ada = Untold(team, daemon=TRIES_SOON)
    ada.takes()
    eventually(lambda: team.show("ada")["activity"] == "idle", within_s=15)
    ada.file.unlink()

    team.send("ada", "more", id="m-2", wait="accepted")

    done = team.call("message.wait", id="m-2", until="ended", timeout_s=40)
    assert (done["task"], done["attempt"], len(submissions(ada.record)), ada.notices) == ("answered", 1, 2, [])


def test_a_session_that_is_not_heard_when_it_is_tried_either_waits_twice_as_long(team: Team):
    ada = Untold(team, daemon=TRIES_SOON)
    ada.takes()
    for id in ("m-2", "m-3", "m-4"):
        team.send("ada", "more", id=id, wait="accepted")
    eventually(lambda: ada.shown("m-4")["state"] == "submitted", within_s=45)

    at = [rfc3339.unix(step["at"]) for step in map(typed_first, map(ada.shown, ("m-1", "m-2", "m-3", "m-4")))]
    first, second, third = (after - before for before, after in pairwise(at))

    assert [ada.shown(id)["attempt"] for id in ("m-2", "m-3", "m-4")] == [1, 1, 1]
    assert len(submissions(ada.record)) == 4
    assert (first >= TRIED_AFTER_S, second >= 2 * TRIED_AFTER_S, third >= 4 * TRIED_AFTER_S) == (True, True, True)


def test_the_turn_of_a_session_that_is_not_heard_is_not_broken_off_for_a_message_that_would_wait(team: Team):
    ada = Untold(team, "--busy-s", "8")
    ada.takes()

    sent = team.send("ada", "now", id="m-2", wait="accepted", interrupt=True)

    assert "its turn was not broken off, for m-2 could not be given after it: ada is not heard" in str(sent)
    done = team.call("message.wait", id="m-1", until="ended", timeout_s=30)
    assert (done["task"], len(submissions(ada.record))) == ("answered", 1)
    eventually(lambda: ada.shown("m-2")["hold"] == "unheard", within_s=15)


def typed_first(shown: dict[str, Any]) -> dict[str, Any]:
    return next(step for step in shown["history"] if step["state"] == "handed_over")


def test_what_a_session_may_have_taken_that_never_told_anything_is_not_typed_to_it_again(team: Team):
    ada = Untold(team, "--baton", "1", "--to", "bob", daemon=SEEN_TO_BE_READY, told=False)
    team.send("ada", "baton 1", id="m-1", wait="accepted")
    eventually(lambda: ada.shown()["hold"] == "unheard", within_s=10)
    held, notices = ada.shown(), ada.notices

    ada.is_heard_late()

    done = team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    assert (done["task"], ada.shown()["attempt"], len(submissions(ada.record))) == ("turn_ended", 1, 1)
    assert (held["because"], notices, ada.notices) == (UNTOLD, [UNTOLD], [])
