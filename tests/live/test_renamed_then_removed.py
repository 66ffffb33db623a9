"""One that was renamed while its file could not be moved, and then removed: it is no peer by either name, also in the
next daemon, and without one."""

import pytest

from peerd.errors import PeerdError
from tests.live.conftest import Team
from tests.live.test_removed_in_trouble import again, held, listed_by_nobody, start
from tests.live.test_rename import rename
from tests.live.test_repeated import names
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux


def test_it_does_not_come_back_with_the_file_that_stays(team: Team):
    start(team)
    team.add("ada", "actor")
    held(team).touch()
    with pytest.raises(PeerdError, match="ada is bob now, but its file could not be moved"):
        rename(team, new="bob")
    with pytest.raises(PeerdError, match="bob is removed, but its file could not be"):
        team.call("peer.remove", peer="bob")

    again(team)
    assert (names(team), file_of(team, "ada").exists()) == ([], True)
    assert listed_by_nobody(team) == []
    start(team)
    team.add("bob", "shell")
    again(team)
    assert (names(team), team.show("bob")["runtime"]) == (["bob"], "shell")
    with pytest.raises(PeerdError, match=r"bob \(formerly ada\) is removed, but not its file .* bob has no other name"):
        rename(team, "bob", "eve")
