"""A runtime that is to go on with a conversation and opens another one is ended, as soon as anything tells of that."""

import json
import sys

import pytest

from peerd.errors import PeerdError
from peerd_adapters.actor import PROGRAM
from tests.build import ADA
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_wake_modes import FORKS, parked, told

pytestmark = pytest.mark.tmux

ANOTHER = """#!/bin/sh
trap '' HUP TERM
case "$*" in
*--resume*) echo '{"ev":"conversation","id":"another"}' >>"$PEERD_JOURNAL" ;;
*) echo '{"ev":"conversation","id":"first"}' >>"$PEERD_JOURNAL" ;;
esac
echo '{"ev":"ready"}' >>"$PEERD_JOURNAL"
while :; do sleep 0.1; done
"""


def hook(event: str, **said: str) -> str:
    return json.dumps({"hook": event, "said": json.dumps(said)})


QUIETLY_ANEW = f"""#!/bin/sh
tell() {{ cat >>"$PEERD_JOURNAL"; }}
case "$*" in
--version) echo '2.1.330 (Claude Code)'; exit ;;
*--resume*) echo '{hook("SessionStart", session_id="c-2", source="startup")}' | tell ;;
*) tell <<'END'
{hook("SessionStart", session_id="c-1", source="startup")}
{hook("UserPromptSubmit", session_id="c-1", prompt="a person's")}
{hook("Stop", session_id="c-1")}
END
esac
while :; do sleep 0.1; done
"""
"""What Claude Code's hooks would say of that."""

C_1, C_2 = (f"01a21c23-dbdc-7991-9cce-ba556abcb20{n}" for n in (1, 2))

ON_ITS_SCREEN = f"""#!/bin/sh
shows() {{
    printf '\\033[2J\\033[H  >_ OpenAI Codex\\n\\n› Ask Codex to do anything\\n\\n  gpt-5.5 · /tmp · %s\\033[3;3H' "$1"
}}
case "$*" in
--version) echo 'codex-cli 0.169.0'; exit ;;
"resume "*) FIRST; shows RESUMED ;;
*) echo '{hook("UserPromptSubmit", session_id=C_1, prompt="hello")}' >>"$PEERD_JOURNAL"; shows {C_1} ;;
esac
while :; do sleep 0.1; done
"""
"""As Codex, whose hooks tell of the conversation with its first prompt only."""

FORGETFUL = f"""#!/bin/sh
case "$*" in
*--resume*) exec {sys.executable} -I {PROGRAM} --busy-s 60 --conversation "$HOME/another" ;;
*) exec {sys.executable} -I {PROGRAM} "$@" ;;
esac
"""
"""An actor, which tells of its conversation with the first message."""


def program(team: Team, text: str) -> str:
    path = team.root / "program"
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def rested(team: Team) -> None:
    team.call("peer.stop", peer="ada")
    team.call("peer.start", peer="ada")


def test_a_runtime_that_goes_on_with_another_conversation_is_ended(up: Team):
    up.add("ada", "actor", "--remember", bin=program(up, ANOTHER), stop_grace_s=0.1)
    up.call("peer.wake", peer="ada")
    rested(up)

    with pytest.raises(PeerdError, match="another conversation"):
        up.call("peer.wake", peer="ada", mode="resume", timeout_s=20)
    assert "ev=wrong-conversation" in up.log()


def test_it_is_ended_by_the_next_daemon_where_this_one_dies_over_it(team: Team):
    team.start()
    team.add("ada", "actor", "--remember", bin=program(team, ANOTHER), stop_grace_s=1.0)
    team.call("peer.wake", peer="ada")
    rested(team)
    team.popen("wake", "ada", "--resume")
    eventually(lambda: "ev=wrong-conversation" in team.log())
    wrong = team.session("ada").id
    team.kill_daemon()

    team.start()

    eventually(lambda: team.show("ada")["session"] != wrong, within_s=10)
    end = team.show("ada")["last_end"]
    assert (end["cause"], "another conversation" in end["why"]) == ("boot-failed", True)


def resumed_before_a_kill(team: Team) -> str:
    """The session that a daemon had go on with its conversation, and that the next one has in hand."""
    team.run("edit", "ada", "--set", "idle_s=600")
    session: str = team.call("peer.wake", peer="ada", mode="resume", timeout_s=20)["session"]
    eventually(lambda: team.session("ada").journal_read)
    team.kill_daemon()
    team.start()
    return session


def test_a_daemon_that_is_killed_before_anything_told_of_it_leaves_that_to_the_next_one(team: Team):
    team.start()
    parked(team, bin=program(team, FORGETFUL), stop_grace_s=0.5, backoff_base_s=0.1)
    wrong = resumed_before_a_kill(team)

    sent = team.send("ada", "more of it", topic="tax", wait="ended", timeout_s=20)

    assert (sent["task"], sent["attempt"], sent["session"] == wrong) == ("answered", 2, False)
    assert "ev=wrong-conversation" in team.log()


def test_one_that_told_the_right_conversation_may_go_on_under_another_id_with_the_next_daemon_too(team: Team):
    team.start()
    parked(team, bin=program(team, FORKS))
    right = resumed_before_a_kill(team)

    sent = team.send("ada", "more of it", topic="tax", wait="ended", timeout_s=20)

    assert (sent["attempt"], sent["session"]) == (1, right)
    assert team.session("ada").conversation.endswith("-forked")
    assert "ev=wrong-conversation" not in team.log()


def test_one_that_quietly_began_anew_is_never_ready_and_given_nothing(up: Team):
    up.add("ada", "claude", bin=program(up, QUIETLY_ANEW), front="person", stop_grace_s=0.1, backoff_base_s=0.1)
    up.call("peer.wake", peer="ada")
    eventually(lambda: up.store().conversation(ADA, "claude") == "c-1")
    rested(up)

    up.send("ada", "where were we?", timeout_s=0.1)

    eventually(lambda: 'because="resuming failed 2 times"' in up.log(), within_s=15)
    eventually(lambda: up.show("ada")["phase"] == "running")
    assert up.log().count("ev=wrong-conversation") == 2
    assert up.log().count("ev=session-ready") == 2  # the two that were to begin afresh
    assert up.store().conversation(ADA, "claude") == "c-1"


AT_ONCE, LATE = ":", "shows unnamed; sleep 0.5"


@pytest.mark.parametrize("first", [AT_ONCE, LATE], ids=["at once", "late"])
@pytest.mark.parametrize(("shown", "readies"), [(C_1, 2), (C_2, 1)], ids=["the right one", "another"])
def test_one_that_shows_its_conversation_is_ready_in_the_right_one_only(up: Team, shown: str, readies: int, first: str):
    resumes = ON_ITS_SCREEN.replace("FIRST", first).replace("RESUMED", shown)
    up.add("ada", "codex", bin=program(up, resumes), stop_grace_s=0.1)
    up.call("peer.wake", peer="ada")
    eventually(lambda: up.store().conversation(ADA, "codex") == C_1)
    rested(up)

    ran = up.run("wake", "ada", "--resume", "--timeout", "20")

    assert (ran.code, "another conversation" in ran.err) == ((0, False) if shown == C_1 else (1, True))
    assert up.log().count("ev=session-ready") == readies


def test_a_message_that_told_of_the_wrong_conversation_goes_to_a_fresh_one(up: Team):
    parked(up, bin=program(up, FORGETFUL), stop_grace_s=0.5, backoff_base_s=0.1)

    sent = up.send("ada", "more of it", topic="tax", wait="ended", timeout_s=20)

    assert (sent["task"], sent["attempt"], told(up)) == ("answered", 2, ("fresh", "not parked"))
    end = up.show("ada")["last_end"]
    assert (end["cause"], "another conversation" in end["why"]) == ("boot-failed", True)


def test_one_whose_screen_never_tells_its_conversation_is_ready_all_the_same(up: Team):
    up.add("ada", "codex", bin=program(up, ON_ITS_SCREEN.replace("FIRST", ":").replace("RESUMED", "main")))
    up.call("peer.wake", peer="ada")
    eventually(lambda: up.store().conversation(ADA, "codex") == C_1)
    rested(up)

    assert up.run("wake", "ada", "--resume", "--timeout", "20").code == 0
