"""A peer that is removed or renamed while the files beside its message are copied: the message is no namesake's, nor
nobody's."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_slow_disks import SLOW, Disk

pytestmark = pytest.mark.tmux


@pytest.fixture
def disk(team: Team) -> Disk:
    return Disk(team, slow=SLOW.replace("{folder!r}", repr(team.home.attachments)))


@pytest.fixture
def sending(disk: Disk, team: Team) -> "subprocess.Popen[str]":
    """Ada sends the operator m-1, whose file is just being copied."""
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada", timeout_s=20)
    notes = team.work / "notes.txt"
    notes.write_text("as it was")
    words = ("send", "operator", "from the first", "--attach", str(notes), "--id", "m-1", "--wait", "accepted")
    env, both = team.env | team.caller("ada"), subprocess.PIPE
    disk.hold()
    sending = subprocess.Popen((sys.executable, "-m", "peerd", *words), env=env, stdout=both, stderr=both, text=True)
    disk.is_waited_for()
    return sending


def test_what_a_removed_peer_was_sending_is_not_accepted(disk: Disk, team: Team, sending: "subprocess.Popen[str]"):
    team.call("peer.remove", peer="ada", now=True)
    team.add("ada", "actor")
    disk.let_go()

    _, told = sending.communicate(timeout=20)

    assert (sending.returncode, told) == (1, "peerd: ada was removed in the meantime. Nothing was done.\n")
    assert team.call("message.list")["messages"] == []
    eventually(lambda: not any(Path(team.home.attachments).iterdir()))


def test_what_a_renamed_peer_was_sending_is_from_it_under_its_new_name(
    disk: Disk, team: Team, sending: "subprocess.Popen[str]"
):
    team.call("peer.rename", peer="ada", name="eve", now=True)
    disk.let_go()

    _, told = sending.communicate(timeout=20)

    assert (sending.returncode, told) == (0, "")
    shown = team.call("message.show", id="m-1", look=True)
    assert (shown["from"], shown["identity"]) == ("eve", "actor-eve")
    assert team.run("reply", "m-1", "read it").code == 0
