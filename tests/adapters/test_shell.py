"""The shell runtime, in a real bash in a real tmux: what is sent is run once, and reported by bash itself."""

import os
import signal
from pathlib import Path

import pytest

from peerd.model.fact import Ready
from tests.adapters.shells import Wake, human, run, turn
from tests.eventually import eventually

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("true", 0, ""),
        ("false", 1, ""),
        ("(exit 3)", 3, ""),
        ("return 4; echo not this", 4, ""),
        ("echo one\necho two\n\n", 0, "one\ntwo"),
        ("printf 'no newline'", 0, "no newline"),
        ('echo "it\'s" \'"$HOME"\' `echo x` $(echo y) \\\\ #z', 0, 'it\'s "$HOME" x y \\'),
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
def test_a_message_is_run_and_its_end_reported(wake_shell: Wake, body: str, status: int, words: str | None) -> None:
    shell = wake_shell()

    said = run(shell, body)

    assert shell.facts() == [Ready(), *turn("m-1", status)]
    assert words in (said, None)


def test_an_answer_is_shown_and_not_run(wake_shell: Wake) -> None:
    shell = wake_shell()
    answer = "touch it-was-run; echo $(touch this-too) 'it' \"was\" \\n %s\nrm -f x"

    said = run(shell, f"{answer}\x1b[2J\n", reply_to="m-0")

    assert said == f"in reply to m-0:\n{answer}[2J"
    assert shell.facts() == [Ready(), *turn("m-1", 0)]
    assert run(shell, "ls it-was-run this-too 2>&1", "m-2").count("No such file") == 2


def test_a_message_is_on_record_before_anything_of_it_runs(wake_shell: Wake) -> None:
    shell = wake_shell()

    said = run(shell, f"cat {shell.place.journal}")

    assert said.splitlines()[-1] == '{"ev":"submitted","message":"m-1","attempt":1}'


def test_a_message_is_not_run_where_the_journal_cannot_be_written(wake_shell: Wake) -> None:
    shell = wake_shell()
    os.unlink(shell.place.journal)
    os.mkdir(shell.place.journal)

    shell.send("touch ran", "m-1")

    shell.sees("peerd_run: the journal cannot be written; m-1 was not run")
    eventually(lambda: shell.composer() == "")
    assert not Path(shell.root, "ran").exists()


def test_folder_variables_functions_and_what_is_declared_stay(wake_shell: Wake) -> None:
    shell = wake_shell()

    run(shell, "cd /usr; x=1; declare -A m=([k]=2); f() { echo 3; }; set -- four", "m-1")

    assert run(shell, "echo $PWD $x ${m[k]} $(f)", "m-2") == "/usr 1 2 3"
    assert shell.screen().lines[shell.screen().cursor_y] == "ada:usr ❯"


def test_an_interrupted_message_ends_with_130(wake_shell: Wake) -> None:
    shell = wake_shell()
    shell.send("sleep 100; echo not this")
    eventually(lambda: shell.tmux("display-message", "-p", "#{pane_current_command}").strip() == "sleep")

    shell.press("C-c")

    shell.hears(Ready(), *turn("m-1", 130))
    assert run(shell, "echo $#", "m-2") == "0"


@pytest.mark.parametrize(
    ("body", "status"),
    [("exit 3", 3), ("exit", 0), ("set -e; false; echo not this", 1), ("f() { exit 5; }; f", 5)],
    ids=str,
)
def test_a_message_that_ends_the_shell_is_reported_first(wake_shell: Wake, body: str, status: int) -> None:
    shell = wake_shell()

    shell.send(body)

    shell.ended()
    shell.hears(Ready(), *turn("m-1", status))


@pytest.mark.parametrize("body", ["exec sleep 0", "kill -HUP $$", "kill -KILL $$"])
def test_a_message_that_replaces_or_kills_the_shell_has_no_end(wake_shell: Wake, body: str) -> None:
    shell = wake_shell()

    shell.send(body)

    shell.ended()
    shell.hears(Ready(), *turn("m-1", None)[:2])


def test_a_hangup_in_mid_message_is_not_reported_as_its_end(wake_shell: Wake) -> None:
    shell = wake_shell()
    shell.send("true; sleep 100")
    eventually(lambda: len(shell.facts()) == 3)

    os.kill(shell.pid, signal.SIGHUP)

    shell.ended()
    shell.hears(Ready(), *turn("m-1", None)[:2])


def test_what_a_human_types_is_a_turn_of_nobody(wake_shell: Wake) -> None:
    shell = wake_shell()

    shell.type("(exit 6)")
    eventually(lambda: shell.composer() == "(exit 6)")
    shell.press("Enter")

    shell.hears(Ready(), *human(6))


def test_an_empty_enter_and_an_abandoned_draft_are_no_turns(wake_shell: Wake) -> None:
    shell = wake_shell()

    shell.press("Enter", "a", "b")
    eventually(lambda: shell.composer() == "ab")
    shell.press("C-c")
    eventually(lambda: shell.composer() == "")
    shell.type("true")
    shell.press("Enter")

    shell.hears(Ready(), *human(0))


def test_a_message_is_not_run_twice(wake_shell: Wake) -> None:
    shell = wake_shell()
    run(shell, "echo once >>ran")

    shell.send("echo twice >>ran", attempt=2)

    shell.sees("peerd_run: m-1 was run before; it is not run twice")
    shell.hears(Ready(), *turn("m-1", 0), *human(0))
    assert Path(shell.root, "ran").read_text() == "once\n"


def test_a_message_that_somebody_handed_out_anew_is_run_again_once(wake_shell: Wake) -> None:
    shell = wake_shell()
    run(shell, "echo once >>ran")

    shell.send("echo again >>ran", attempt=2, forgiven=1)
    shell.hears(Ready(), *turn("m-1", 0), *turn("m-1", 0, attempt=2))
    shell.send("echo thrice >>ran", attempt=3, forgiven=1)

    shell.sees("peerd_run: m-1 was run before; it is not run twice")
    assert Path(shell.root, "ran").read_text() == "once\nagain\n"


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
def test_what_is_no_message_is_an_error_line(wake_shell: Wake, typed: str, error: str) -> None:
    shell = wake_shell()

    shell.type(typed)
    shell.press("Enter")

    shell.sees(f"peerd_run: {error}")
    shell.hears(Ready(), *human(0))


def test_the_history_has_what_was_run_and_not_how(wake_shell: Wake) -> None:
    shell = wake_shell()

    run(shell, "echo first\n", "m-1")
    run(shell, ": " + "long " * 1000, "m-2")

    assert run(shell, "history", "m-3").split() == ["1", "echo", "first", "2", "history"]


def test_a_body_of_a_mebibyte_is_run(wake_shell: Wake) -> None:
    shell = wake_shell()

    assert run(shell, f"x='{'é' * (1 << 19)}'\necho ${{#x}}") == str(1 << 19)
