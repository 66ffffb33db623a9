"""Our hooks in a bash that is somebody's: neither takes the other's away."""

import pytest

from peerd.model.fact import Ready, TurnBegan, TurnEnded
from peerd.model.message import MessageId
from tests.adapters.shells import Wake, human, run, turn
from tests.eventually import eventually

pytestmark = pytest.mark.tmux


BASHRC = """
PS1='mine> '
PROMPT_COMMAND='echo "theirs $?"; PS1="mine again> "'
HISTCONTROL=ignoredups
trap 'seen=$((${seen-0} + 1))' DEBUG
trap 'echo "bye $?"' EXIT
alias local='echo aliased' builtin='echo aliased' shift='echo aliased'
set -u
"""


def test_a_users_own_hooks_go_on_working(wake_shell: Wake) -> None:
    shell = wake_shell(BASHRC)
    shell.sees("theirs 0")

    assert run(shell, "(exit 7)") == "theirs 7"
    assert int(run(shell, "echo $seen", "m-2").splitlines()[0]) > 0
    shell.send("exit 8", "m-3")
    shell.sees("bye 8")
    shell.hears(Ready(), *turn("m-1", 7), *turn("m-2", 0), *turn("m-3", 8))


def test_the_prompt_hook_joins_an_array_of_others(wake_shell: Wake) -> None:
    shell = wake_shell("PROMPT_COMMAND=('echo first $?' 'echo second $?')")

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
        'cd "$(mktemp -d -p "$HOME" $\'a ❯ b\\t\\x1b-XXXXXX\')"',
        'mkdir "$HOME/$(printf %0200d 0)"; cd "$_"',
    ],
    ids=str,
)
def test_a_body_cannot_take_the_hooks_away(wake_shell: Wake, body: str) -> None:
    shell = wake_shell()

    run(shell, body, "m-1")
    shell.type("(exit 0)")
    shell.press("Enter")
    shell.hears(Ready(), *turn("m-1", 0), *human(0))
    eventually(lambda: shell.composer() == "")
    shell.send("exit 5", "m-2")

    shell.ended()
    shell.hears(Ready(), *turn("m-1", 0), *human(0), *turn("m-2", 5))


def test_a_traced_shell_shows_what_is_run_and_not_our_hooks(wake_shell: Wake) -> None:
    shell = wake_shell()
    run(shell, "set -x", "m-1")

    words = run(shell, "echo hi", "m-2")

    assert "+++ echo hi\nhi" in words
    assert "__peerd_dir" not in words


def test_a_message_whose_prompt_never_came_ends_unknown_with_the_next(wake_shell: Wake) -> None:
    shell = wake_shell()
    shell.send("unset PROMPT_COMMAND; PS1='ada:lost ❯ '; kill -INT $$; true")
    shell.sees("ada:lost ❯")

    shell.send("true", "m-2")

    shell.hears(Ready(), *turn("m-1", None)[:2], TurnBegan(), TurnEnded(MessageId("m-1"), None), *turn("m-2", 0)[1:])


def test_what_is_started_from_the_shell_does_not_know_the_journal(wake_shell: Wake) -> None:
    shell = wake_shell("env >env-of-bashrc")

    assert run(shell, "env | grep -c PEERD_JOURNAL; grep -c PEERD_JOURNAL env-of-bashrc; echo ${PS1@a}.") == "0\n0\n."
