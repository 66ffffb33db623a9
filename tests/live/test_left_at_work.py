"""A peer removed, renamed or begun anew while something is under way in its session that no message tells of."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from peerd.edges.process import alive
from peerd.errors import PeerdError
from tests.edges.tmux_home import terminal
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT
from tests.live.test_bad_records import spoil
from tests.live.test_holds import at_the_keyboard
from tests.live.test_parking import BUSY_CHILD

pytestmark = pytest.mark.tmux

Work = Callable[[Team, ExitStack], str]


def a_command(team: Team, _: ExitStack) -> str:
    team.add("sh", "shell")
    team.call("peer.wake", peer="sh")
    at_the_keyboard(team, "sh", "send-keys", "read answer", "Enter")
    eventually(lambda: team.show("sh")["activity"] == "busy")
    return "sh"


def a_draft(team: Team, _: ExitStack) -> str:
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    at_the_keyboard(team, "ada", "send-keys", "-l", "half a thought")
    eventually(lambda: "half a thought" in "\n".join(team.call("peer.peek", peer="ada")["lines"]))
    return "ada"


def a_prompt(team: Team, _: ExitStack) -> str:
    team.add("ada", "actor", "--permission-on", "danger")
    team.call("peer.wake", peer="ada")
    at_the_keyboard(team, "ada", "send-keys", "danger", "Enter")
    eventually(lambda: team.show("ada")["activity"] == "blocked", within_s=10)
    return "ada"


def a_child(team: Team, _: ExitStack) -> str:
    team.add("sh", "shell")
    team.send("sh", BUSY_CHILD, wait="ended", timeout_s=20)
    return "sh"


def a_person(team: Team, stack: ExitStack) -> str:
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    command = ("tmux", "-N", "-S", team.session("ada").host.socket, "attach-session", "-t", "=actor-ada")
    stack.enter_context(terminal(command, {"TERM": "xterm", "HOME": str(team.root)}))
    eventually(lambda: "1 attached" in str(team.show("ada")["evidence"]))
    return "ada"


WORK = [
    (a_command, "its screen is not at rest"),
    (a_draft, "its screen is not at rest"),
    (a_prompt, "its screen is not at rest"),
    (a_child, "a child of it works"),
    (a_person, "1 attached"),
]


@pytest.mark.parametrize(("work", "told"), WORK, ids=[each.__name__ for each, _ in WORK])
def test_a_peer_with_work_under_way_is_removed_or_renamed_only_when_told_so(up: Team, work: Work, told: str):
    with ExitStack() as stack:
        name = work(up, stack)
        before = up.session(name)

        for asked in (["rm", name], ["rename", name, "eve"]):
            ran = up.run(*asked)
            assert (ran.code, f"{name} is at work: {told}" in ran.err) == (1, True), ran.err
            assert f"`peerd {' '.join(asked)} --now` ends it" in ran.err
        assert (up.session(name).id, alive(before.host.runtime)) == (before.id, True)
        assert up.show(name)["want"] == "on_demand"

        assert up.run("rm", name, "--now").code == 0
    assert not alive(before.host.runtime)


def test_a_peer_whose_screen_cannot_be_looked_at_is_left_alone(team: Team):
    team.start(*IMPATIENT)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    host = team.session("ada").host
    os.kill(host.server.pid, signal.SIGSTOP)
    try:
        with pytest.raises(PeerdError, match="ada is alive, but its tmux server cannot be reached"):
            team.call("peer.remove", peer="ada")
    finally:
        os.kill(host.server.pid, signal.SIGCONT)
    assert alive(host.runtime)


@pytest.mark.parametrize("damage", ["UPDATE session SET mode = 'strewn'", "UPDATE want SET want = 'maybe'"])
def test_an_unclear_peer_whose_session_lives_is_left_alone_until_it_is_stopped(team: Team, damage: str):
    team.start()
    team.add("ada", "actor")
    team.call("peer.start", peer="ada")
    team.call("peer.wake", peer="ada")
    runtime = team.session("ada").host.runtime
    spoil(team, damage)
    team.start()

    for asked in (("rm", "ada"), ("rename", "ada", "eve")):
        ran = team.run(*asked)
        assert (ran.code, "ada is unclear, and its session was left alone" in ran.err) == (1, True), ran.err
        assert "`peerd stop ada`" in ran.err
    assert alive(runtime)

    assert team.run("stop", "ada").code == 0
    assert (alive(runtime), team.run("rm", "ada").code) == (False, 0)


IN_THE_WAY = [
    (a_command, "it is busy"),
    (a_draft, "its screen is not at rest"),
    (a_prompt, "it is blocked"),
    (a_child, "a child of it works"),
    (a_person, "1 attached"),
]


@pytest.mark.parametrize(("work", "told"), IN_THE_WAY, ids=[each.__name__ for each, _ in IN_THE_WAY])
def test_a_peer_that_cannot_begin_anew_yet_tells_what_is_in_the_way(up: Team, work: Work, told: str):
    with ExitStack() as stack:
        name = work(up, stack)

        ran = up.run("new", name, "--timeout", "2.5")

        assert (ran.code, f"{name} goes on in {up.session(name).id}: {told}. Its new" in ran.err) == (3, True), ran.err


def test_a_peer_whose_tmux_hangs_does_not_work_but_is_out_of_reach(team: Team):
    team.start(*IMPATIENT)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    server = team.session("ada").host.server.pid
    os.kill(server, signal.SIGSTOP)
    try:
        ran = team.run("new", "ada", "--timeout", "6")
    finally:
        os.kill(server, signal.SIGCONT)

    assert (ran.code, "its tmux server cannot be reached" in ran.err, "works" in ran.err) == (3, True, False), ran.err
