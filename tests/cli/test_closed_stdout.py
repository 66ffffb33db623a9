"""A command whose stdout or stderr was closed, as by `>&-`: nothing was shown, and nothing is called a bug."""

import subprocess
import sys
from typing import Any

import pytest

from tests.cli.answers import IN_INBOX as ROW
from tests.cli.answers import message, row, sent, woken
from tests.cli.stub import Stub
from tests.cli.test_full_stdout import told
from tests.cli.test_inbox import WHOLE

pytestmark = pytest.mark.usefixtures("buffered")

CLOSED = "Bad file descriptor"


def run(*words: str, closed: str = ">&-") -> tuple[int, str, str]:
    """Its exit code, and what it said on stdout and stderr."""
    line = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "peerd", *words]
    done = subprocess.run(line, capture_output=True, text=True, timeout=10, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(autouse=True)
def answered(daemon: Stub) -> None:
    daemon.answers = {
        "inbox.list": {"messages": [ROW], "unread": 1, "more": False, "left_out": []},
        "message.show": WHOLE,
        "message.read": {},
        "notice.list": {"notices": [], "marked": 0},
        "peer.list": {"peers": [row()]},
    }


@pytest.mark.parametrize("closed", [">&-", "<&- >&-"], ids=["stdout", "stdin, too"])
@pytest.mark.parametrize(
    "words", ["message m-1", "inbox", "inbox ls", "inbox read m-1", "inbox read m-1 --json", "notices", "ls"]
)
def test_what_only_looks_has_failed_and_nothing_is_read_by_that(daemon: Stub, words: str, closed: str):
    code, out, err = run(*words.split(), closed=closed)

    assert (code, out, err.count(CLOSED), err.count("\n")) == (1, "", 1, 1)
    assert "message.read" not in [method for method, _ in daemon.asked]
    assert not any(params.get("mark") for _, params in daemon.asked)
    assert {"id": "m-1"} not in [params for _, params in daemon.asked]


@pytest.mark.parametrize("words", ["send ada hello", "ask ada hello", "ask ada hello --json"])
def test_a_message_that_was_sent_is_named_and_where_its_answer_lies(daemon: Stub, words: str):
    answer = sent(answer="done", answer_from="reply", task="answered", unread="re-m-1")
    daemon.answers = {"message.send": answer}

    was_sent = f"peerd: stdout: {CLOSED}. m-1 was sent all the same (submitted): do not send it again.\n"
    lies = "peerd: the answer is unread: `peerd inbox read re-m-1` shows it.\n"
    assert run(*words.split()) == (0, "", was_sent + lies)
    assert [method for method, _ in daemon.asked] == ["message.send"]


def test_what_was_done_is_told_as_done(daemon: Stub):
    daemon.answers = {"peer.wake": woken()}

    done = told("wake").replace("No space left on device", CLOSED)
    assert run("wake", "ada") == (0, "", f"{done}do not ask for it again.\n")


@pytest.mark.parametrize("words", ["ask ada hello", "message m-1"])
def test_words_for_a_person_are_no_answer_where_stderr_is_closed(daemon: Stub, words: str):
    daemon.answers = {"message.send": sent(answer="last words", answer_from="turn", task="turn_ended")}
    daemon.answers["message.show"] = message(body="last words")

    _, out, _ = run(*words.split(), closed="2>&-")

    assert "last words" in out
    assert "peerd: " not in out


GROUP: dict[str, Any] = {
    "group": "ours",
    "id": "m",
    "sent": [
        sent(id="m.ada", to="ada", task="answered", answer="42", answer_from="reply", unread="re-ada"),
        sent(id="m.bob", to="bob", task="answered", answer="43", answer_from="reply", unread="re-bob"),
    ],
    "errors": [{"peer": "cat", "kind": "refused", "message": "cat is stopped.", "exit": 1}],
}


@pytest.mark.parametrize("to", [">&-", "> /dev/full"], ids=["closed", "full"])
@pytest.mark.parametrize(
    "words",
    [
        "send @ours hi",
        "send @ours hi --json",
        "ask @ours hi",
        "ask @ours hi --json",
        "send @ours hi --wait ended --json",
    ],
)
def test_what_was_sent_to_a_group_is_named_for_each_and_no_answer_is_read(daemon: Stub, words: str, to: str):
    daemon.answers = {"group.send": GROUP}

    code, out, err = run(*words.split(), closed=to)

    assert (code, out) == (1, "")  # cat refused
    for name in ("ada", "bob"):
        assert f"m.{name} was sent all the same (submitted): do not send it again.\n" in err
        assert f"`peerd inbox read re-{name}` shows it" in err
    assert "cat: cat is stopped." in err
    assert [method for method, _ in daemon.asked] == ["group.send"]


def test_what_all_of_a_group_took_is_no_failure(daemon: Stub):
    daemon.answers = {"group.send": GROUP | {"errors": []}}

    assert run("ask", "@ours", "hi", "--json", closed="> /dev/full")[0] == 0
