"""Listening sockets that are held for a service go with it to another name: whoever has connected is served there."""

from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_held_sockets import (
    NOT_BY_ITSELF,
    answer,
    ask,
    at,  # noqa: F401  fixtures
    connected,
    listened_on,
    tcp,  # noqa: F401
    unix,  # noqa: F401
    up,
)

pytestmark = pytest.mark.tmux

DOWN = [pytest.param("backoff", NOT_BY_ITSELF, id="backoff"), pytest.param("failed", {"crash_max": 1}, id="failed")]


def dies(team: Team, at: str, phase: str) -> None:  # noqa: F811
    ask(at, "die")
    eventually(lambda: team.show("web")["phase"] == phase, within_s=10)


def own(team: Team, name: str) -> str:
    return f"{team.home.state}/logins/{name}/site/web.sock"


@pytest.mark.parametrize(("phase", "figures"), DOWN)
def test_who_connected_while_it_was_down_is_served_under_its_new_name(
    team: Team,
    at: str,  # noqa: F811
    phase: str,
    figures: dict[str, Any],
):
    up(team, at, **figures)
    dies(team, at, phase)

    with connected(at) as caller:
        assert team.run("rename", "web", "eve").code == 0
        with connected(at) as late:
            team.call("peer.start", peer="eve")
            told = [answer(each, "hello")["names"] for each in (caller, late)]

    assert told == ["eve", "eve"]


def test_who_connected_to_one_that_runs_and_was_not_accepted_yet_is_served_by_the_next_session(
    team: Team,
    at: str,  # noqa: F811
):
    up(team, at)

    with connected(at) as in_hand, connected(at) as caller:  # it answers one at a time
        assert team.run("rename", "web", "eve").code == 0
        in_hand.close()
        assert answer(caller, "hello")["names"] == "eve"


def test_so_is_who_connected_to_a_socket_in_its_own_folder_which_is_met_in_that_of_the_new_name(team: Team):
    up(team, "{own}/web.sock", **NOT_BY_ITSELF)
    dies(team, own(team, "web"), "backoff")

    with connected(own(team, "web")) as caller:
        assert team.run("rename", "web", "eve").code == 0
        assert team.run("daemon", "restart").code == 0
        with connected(own(team, "eve")) as late:
            team.call("peer.start", peer="eve")
            assert [answer(each, "hello")["names"] for each in (caller, late)] == ["eve", "eve"]


def test_one_that_another_daemon_began_is_met_under_its_new_name(team: Team, at: str):  # noqa: F811
    up(team, at)
    team.kill_daemon()
    team.start()

    assert team.run("rename", "web", "eve").code == 0

    assert ask(at)["names"] == "eve"


@pytest.mark.parametrize(("phase", "figures"), DOWN)
def test_one_that_is_down_lets_its_address_go_as_it_is_removed_under_its_new_name_too(
    team: Team,
    at: str,  # noqa: F811
    phase: str,
    figures: dict[str, Any],
):
    up(team, at, **figures)
    dies(team, at, phase)
    assert team.run("rename", "web", "eve").code == 0

    assert team.run("rm", "eve").code == 0

    assert not listened_on(at)
