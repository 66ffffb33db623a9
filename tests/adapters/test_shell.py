"""The shell runtime, in a real bash in a real tmux: what is sent is run once, and reported by bash itself."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peerd.model.fact import Fact, Ready, Submitted, TurnBegan, TurnEnded
from peerd.model.message import MessageId
from peerd_adapters.shell import Shell
from tests.adapters.terminal import Seat, seats
from tests.build import spec
from tests.eventually import eventually

pytestmark = pytest.mark.tmux

Wake = Callable[..., Seat]


@pytest.fixture
def wake() -> Iterator[Wake]:
    """Wakes a bash called ada that is ready; `bashrc` is what its user has."""
    with seats() as seat:

        def woken(bashrc: str = "", **env: str) -> Seat:
            shell = seat(Shell(), spec(runtime="shell"), before={".bashrc": bashrc} if bashrc else {}, **env)
            eventually(lambda: shell.facts() == [Ready()] and shell.composer() == "")
            return shell

        yield woken


def turn(id: str, status: int | None, attempt: int = 1) -> list[Fact]:
    """The facts of one message that was run."""
    message = MessageId(id)
    return [TurnBegan(), Submitted(message, attempt), TurnEnded(message, status)]


def human(status: int) -> list[Fact]:
    return [TurnBegan(), TurnEnded(None, status)]


def run(shell: Seat, body: str, id: str = "m-1") -> str:
    """Send, wait for its end and the prompt, and return its last words."""
    before = len(shell.facts())
    message = shell.send(body, id)
    eventually(lambda: len(shell.facts()) == before + 3 and shell.composer() == "")
    words = shell.adapter.last_words(shell.screen(), message)
    assert words is not None
    return words


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("true", 0, ""),
        ("false", 1, ""),
        ("(exit 3)", 3, ""),
        ("return 4; echo not this", 4, ""),
        ("echo one\necho two\n\n", 0, "one\ntwo"),
        ("printf 'no newline'", 0, "no newline"),
        ("echo \"it's\" '\"$HOME\"' `echo x` $(echo y) \\\\ #z", 0, 'it\'s "$HOME" x y \\'),
        ("cat <<'EOF'\n  $a `b` \"c\"\nEOF\n", 0, '  $a `b` "c"'),
        ("-x", 127, None),
        ("if true; then", 2, None),
        ("exec nonesuch", 127, None),
        ("set -u; echo $nonesuch; echo not this", 1, None),
        ("echo $# $0 ${FUNCNAME[*]-}", 0, "0 bash"),
        ("", 0, ""),
        ("# a comment", 0, ""),
    ],
    ids=str,
)
def test_a_message_is_run_and_its_end_reported(wake: Wake, body: str, status: int, words: str | None) -> None:
    shell = wake()

    said = run(shell, body)

    assert shell.facts() == [Ready(), *turn("m-1", status)]
    assert words in (said, None)


def test_a_message_is_on_record_before_anything_of_it_runs(wake: Wake) -> None:
    shell = wake()

    said = run(shell, f"cat {shell.place.journal}")

    assert said.splitlines()[-1] == '{"ev":"submitted","message":"m-1","attempt":1}'


def test_a_message_is_not_run_where_the_journal_cannot_be_written(wake: Wake) -> None:
    shell = wake()
    os.unlink(shell.place.journal)
    os.mkdir(shell.place.journal)

    shell.send("touch ran", "m-1")

    shell.sees("peerd_run: the journal cannot be written; m-1 was not run")
    eventually(lambda: shell.composer() == "")
    assert not Path(shell.root, "ran").exists()


def test_folder_variables_functions_and_what_is_declared_stay(wake: Wake) -> None:
    shell = wake()

    run(shell, "cd /usr; x=1; declare -A m=([k]=2); f() { echo 3; }; set -- four", "m-1")

    assert run(shell, "echo $PWD $x ${m[k]} $(f)", "m-2") == "/usr 1 2 3"
    assert shell.screen().lines[shell.screen().cursor_y] == "ada:usr ❯"


def test_an_interrupted_message_ends_with_130(wake: Wake) -> None:
    shell = wake()
    shell.send("echo started; sleep 100; echo not this")
    shell.sees("started")

    shell.press("C-c")

    shell.hears(Ready(), *turn("m-1", 130))
    assert run(shell, "echo $#", "m-2") == "0"


@pytest.mark.parametrize(
    ("body", "status"),
    [("exit 3", 3), ("exit", 0), ("set -e; false; echo not this", 1), ("f() { exit 5; }; f", 5)],
    ids=str,
)
def test_a_message_that_ends_the_shell_is_reported_first(wake: Wake, body: str, status: int) -> None:
    shell = wake()

    shell.send(body)

    shell.ended()
    shell.hears(Ready(), *turn("m-1", status))


@pytest.mark.parametrize("body", ["exec sleep 0", "kill -HUP $$", "kill -KILL $$"])
def test_a_message_that_replaces_or_kills_the_shell_has_no_end(wake: Wake, body: str) -> None:
    shell = wake()

    shell.send(body)

    shell.ended()
    shell.hears(Ready(), *turn("m-1", None)[:2])


def test_a_hangup_in_mid_message_is_not_reported_as_its_end(wake: Wake) -> None:
    shell = wake()
    shell.send("true; sleep 100")
    eventually(lambda: len(shell.facts()) == 3)

    os.kill(shell.pid, signal.SIGHUP)

    shell.ended()
    shell.hears(Ready(), *turn("m-1", None)[:2])


def test_what_a_human_types_is_a_turn_of_nobody(wake: Wake) -> None:
    shell = wake()

    shell.type("(exit 6)")
    eventually(lambda: shell.composer() == "(exit 6)")
    shell.press("Enter")

    shell.hears(Ready(), *human(6))


def test_an_empty_enter_and_an_abandoned_draft_are_no_turns(wake: Wake) -> None:
    shell = wake()

    shell.press("Enter", "a", "b", "C-c")
    shell.type("true")
    shell.press("Enter")

    shell.hears(Ready(), *human(0))


def test_a_message_is_not_run_twice(wake: Wake) -> None:
    shell = wake()
    run(shell, "echo once >>ran")

    shell.send("echo twice >>ran", attempt=2)

    shell.sees("peerd_run: m-1 was run before; it is not run twice")
    shell.hears(Ready(), *turn("m-1", 0), *human(0))
    assert Path(shell.root, "ran").read_text() == "once\n"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("peerd_run m-9 1 operator", "there is no message m-9 here; nothing was run"),
        ("peerd_run ../rc.bash 1 operator", "usage: peerd_run ID ATTEMPT SENDER"),
        ("peerd_run m-9 one operator", "usage: peerd_run ID ATTEMPT SENDER"),
        ("peerd_run", "usage: peerd_run ID ATTEMPT SENDER"),
    ],
    ids=["missing", "outside", "attempt", "nothing"],
)
def test_what_is_no_message_is_an_error_line(wake: Wake, typed: str, error: str) -> None:
    shell = wake()

    shell.type(typed)
    shell.press("Enter")

    shell.sees(f"peerd_run: {error}")
    shell.hears(Ready(), *human(0))


def test_the_history_has_what_was_run_and_not_how(wake: Wake) -> None:
    shell = wake()

    run(shell, "echo first\n", "m-1")
    run(shell, ": " + "long " * 1000, "m-2")

    assert run(shell, "history", "m-3").split() == ["1", "echo", "first", "2", "history"]


def test_a_body_of_a_mebibyte_is_run(wake: Wake) -> None:
    shell = wake()

    assert run(shell, f"x='{'é' * (1 << 19)}'\necho ${{#x}}") == str(1 << 19)


BASHRC = """
PS1='mine> '
PROMPT_COMMAND='echo "theirs $?"; PS1="mine again> "'
HISTCONTROL=ignoredups
trap 'seen=$((${seen-0} + 1))' DEBUG
trap 'echo "bye $?"' EXIT
alias local='echo aliased' builtin='echo aliased' shift='echo aliased'
set -u
"""


def test_a_users_own_hooks_go_on_working(wake: Wake) -> None:
    shell = wake(BASHRC)
    shell.sees("theirs 0")

    assert run(shell, "(exit 7)") == "theirs 7"
    assert int(run(shell, "echo $seen", "m-2").splitlines()[0]) > 0
    shell.send("exit 8", "m-3")
    shell.sees("bye 8")
    shell.hears(Ready(), *turn("m-1", 7), *turn("m-2", 0), *turn("m-3", 8))


def test_the_prompt_hook_joins_an_array_of_others(wake: Wake) -> None:
    shell = wake("PROMPT_COMMAND=('echo first $?' 'echo second $?')")

    assert run(shell, "(exit 7)") == "first 7\nsecond 7"


@pytest.mark.parametrize(
    "body",
    [
        "PATH=/nonesuch",
        "printf() { :; }; read() { :; }; history() { :; }; trap() { :; }; source() { :; }",
        "set -u",
        "set -f -x; IFS=:/-0; shopt -s nullglob failglob",
        "set -o posix",
        "shopt -u expand_aliases promptvars",
        "unalias -a",
        "PS1='other> '; PS0=",
        "unset PROMPT_COMMAND",
        "PROMPT_COMMAND='PS1=other'",
        "PROMPT_COMMAND+=('PS1=other')",
        "unset COLUMNS HISTCONTROL HOME",
        "exec 3>&1",
        "trap 'echo theirs' EXIT",
        "set -e",
        "cd \"$(mktemp -d -p \"$HOME\" $'a ❯ b\\t\\x1b-XXXXXX')\"",
        'mkdir "$HOME/$(printf %0200d 0)"; cd "$_"',
    ],
    ids=str,
)
def test_a_body_cannot_take_the_hooks_away(wake: Wake, body: str) -> None:
    shell = wake()

    run(shell, body, "m-1")
    shell.type("(exit 0)")
    shell.press("Enter")
    shell.hears(Ready(), *turn("m-1", 0), *human(0))
    eventually(lambda: shell.composer() == "")
    shell.send("exit 5", "m-2")

    shell.ended()
    shell.hears(Ready(), *turn("m-1", 0), *human(0), *turn("m-2", 5))


def test_a_message_whose_prompt_never_came_ends_unknown_with_the_next(wake: Wake) -> None:
    shell = wake()
    shell.send("unset PROMPT_COMMAND; PS1='ada:lost ❯ '; kill -INT $$; true")
    shell.sees("ada:lost ❯")

    shell.send("true", "m-2")

    shell.hears(Ready(), *turn("m-1", None)[:2], TurnBegan(), TurnEnded(MessageId("m-1"), None), *turn("m-2", 0)[1:])


def test_what_is_started_from_the_shell_does_not_know_the_journal(wake: Wake) -> None:
    shell = wake("env >env-of-bashrc")

    assert run(shell, "env | grep -c PEERD_JOURNAL; grep -c PEERD_JOURNAL env-of-bashrc; echo ${PS1@a}.") == "0\n0\n."
