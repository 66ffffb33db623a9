"""What is asked of the next daemon, where the answer of one was lost: nobody is told that nothing was done of what may
have been."""

from pathlib import Path

import pytest

from peerd.cli import dial
from peerd.errors import (
    DaemonStopping,
    DiskFull,
    InternalError,
    NoPlace,
    NotPermitted,
    PeerdError,
    StoreError,
    TryAgain,
    UnknownPeer,
    VersionSkew,
)
from peerd.model.message import MessageId, Task
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, SetSpec
from tests.build import ADA, message, spec
from tests.cli.answers import sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub
from tests.store.records import in_store

NOTHING = "nothing was done"
NOT_LET_IN = [
    NoPlace(f"the daemon has 512 connections open; {NOTHING}. Try again"),
    DaemonStopping(f"stops; {NOTHING}"),
]
REFUSED = [
    *NOT_LET_IN,
    TryAgain(f"ada is just being removed or renamed; {NOTHING}, try again"),
    TryAgain(f"1000 messages wait for ada; {NOTHING}"),
    DiskFull(f"the disk is full; {NOTHING}"),
    StoreError(f"the store is damaged; {NOTHING}"),
    InternalError(f"a fault; {NOTHING}"),
    UnknownPeer(f"no peer 'ada'; {NOTHING}"),
    NotPermitted(f"session s-1 is over; {NOTHING}"),
    VersionSkew(f"the daemon is older; {NOTHING}"),
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "NEXT_WITHIN_S", 0.3)


def accepted(home: Path) -> None:
    in_store(home, lambda store: store.accept(message(id=MessageId("m-7"), body="hello"), Task.OPEN))


@pytest.mark.parametrize("error", NOT_LET_IN, ids=lambda error: error.kind)
def test_who_is_not_let_in_by_the_next_daemon_asks_it_again(daemon: Stub, peerd: Peerd, error: PeerdError):
    daemon.first = [None, error, error]
    daemon.answers["message.send"] = sent(id="m-7")

    assert peerd("send", "ada", "hello", "--id", "m-7") == (0, "m-7 to ada: submitted\n", "")


@pytest.mark.parametrize("error", NOT_LET_IN, ids=lambda error: error.kind)
def test_who_is_never_let_in_is_told_that_it_may_have_been_accepted(daemon: Stub, peerd: Peerd, error: PeerdError):
    daemon.first = [None]
    daemon.answers["message.send"] = error

    ran = peerd("send", "ada", "hello", "--id", "m-7")

    assert (ran.code, "m-7 may have been accepted: `peerd message m-7` tells" in ran.err) == (69, True)
    assert NOTHING not in ran.err


@pytest.mark.parametrize("words", [("send", "ada", "hello", "--id", "m-7"), ("ask", "ada", "hello", "--id", "m-7")])
@pytest.mark.parametrize("error", REFUSED, ids=lambda error: str(error).partition(";")[0])
def test_a_message_on_record_was_accepted_whatever_the_next_daemon_says(
    home: Path, daemon: Stub, peerd: Peerd, error: PeerdError, words: tuple[str, ...]
):
    accepted(home)
    daemon.first = [None]
    daemon.answers["message.send"] = error

    ran = peerd(*words)

    assert (ran.code, "m-7 is accepted: do not send it again" in ran.err) == (3, True)
    assert NOTHING not in ran.err


@pytest.mark.parametrize(("to", "id"), [("ada", "m-7"), ("@ours", "m")])
def test_what_is_on_record_for_a_removed_peer_was_not_accepted_for_its_namesake(
    home: Path, daemon: Stub, peerd: Peerd, to: str, id: str
):
    async def removed(store: Store) -> None:
        await store.accept(message(id=MessageId("m-7"), body="hello"), None)
        await store.accept(message(id=MessageId("m.ada"), body="hello", to_group="ours"), None)
        await store.commit(ForgetPeer(ADA, 0.0, "removed"), SetSpec(ADA, spec()))

    in_store(home, removed)
    refused = TryAgain(f"1000 messages wait for ada; {NOTHING}")
    daemon.answers = {"message.send": refused, "group.send": refused}

    assert peerd("send", to, "hello", "--id", id) == (75, "", f"peerd: {refused}\n")


def test_so_was_one_that_an_earlier_command_sent(home: Path, daemon: Stub, peerd: Peerd):
    accepted(home)
    daemon.answers["message.send"] = NOT_LET_IN[0]

    ran = peerd("send", "ada", "hello", "--id", "m-7")

    assert ran == (3, "", "peerd: m-7 is accepted: do not send it again. `peerd wait m-7` waits on.\n")


@pytest.mark.parametrize("error", REFUSED[2:], ids=lambda error: str(error).partition(";")[0])
def test_what_the_next_daemon_refuses_and_nobody_accepted_is_refused(daemon: Stub, peerd: Peerd, error: PeerdError):
    daemon.first = [None]
    daemon.answers["message.send"] = error

    assert peerd("send", "ada", "hello") == (error.exit_code, "", f"peerd: {error}\n")


@pytest.mark.parametrize("words", [("stop", "ada"), ("rename", "ada", "eve"), ("wake", "ada")], ids=" ".join)
@pytest.mark.parametrize("error", NOT_LET_IN, ids=lambda error: error.kind)
def test_of_no_other_command_it_is_said_either(daemon: Stub, peerd: Peerd, error: PeerdError, words: tuple[str, ...]):
    daemon.first = [None]
    daemon.answers = {f"peer.{words[0]}": error}

    ran = peerd(*words)

    assert (ran.code, "It may have been done: `peerd show ada` tells" in ran.err) == (69, True)
    assert NOTHING not in ran.err


def test_inside_a_session_it_is_not_said_either_where_no_daemon_follows(
    home: Path, daemon: Stub, peerd: Peerd, monkeypatch: pytest.MonkeyPatch
):
    accepted(home)
    monkeypatch.setenv("PEERD_SESSION", "s-1")
    daemon.first = [None]
    daemon.leaves = True

    ran = peerd("send", "ada", "hello", "--id", "m-7")

    assert (ran.code, "m-7 is accepted: do not send it again" in ran.err) == (3, True)
