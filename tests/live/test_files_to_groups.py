"""Files beside a message to a group."""

import sys

import pytest

from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

ROOM_FOR_ONE = """
from peerd.daemon import main
from peerd.daemon import attachments
from peerd.edges import contents
contents.room_in = lambda folder: attachments.ROOM_LEFT_BYTES + {size}
main.run()
"""


def test_what_is_sent_to_a_group_wants_room_for_one_copy(team: Team):
    notes = team.work / "notes.txt"
    notes.write_text("as it was")
    team.start(sys.executable, "-c", ROOM_FOR_ONE.format(size=len("as it was")))
    for name in ("ada", "bob", "eve"):
        team.add(name, groups=["ours"])

    ran = team.run("send", "@ours", "look", "--queue", "--attach", str(notes), "--id", "g", "--wait", "accepted")

    assert ran.code == 0, ran.err
    for name in ("ada", "bob", "eve"):
        assert [each["size"] for each in team.call("message.show", id=f"g.{name}")["attached"]] == [len("as it was")]
