"""A peer that is made one which runs what it is given, a shell, for real: what waits for it is run there only where it
takes messages from who sent it."""

from pathlib import Path

import msgspec
import pytest

from peerd.errors import NotPermitted
from peerd.model.peer import Spec
from peerd.specwrite import replace_spec, spec_text
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_what_peers_may import busy, send

pytestmark = pytest.mark.tmux


@pytest.fixture
def vic(up: Team) -> Team:
    """An actor that is stopped, and ada, who is up and sends to it."""
    up.add("ada")
    up.add("vic")
    up.call("peer.wake", peer="ada")
    up.call("peer.stop", peer="vic")
    return up


def touches(team: Team) -> str:
    """What an agent reads, and a shell would do."""
    return f"touch {team.work}/it-was-run"


def was_run(team: Team) -> bool:
    return (team.work / "it-was-run").exists()


def edited(team: Team, name: str, *fields: str) -> str:
    ran = team.run("edit", name, *(word for field in fields for word in ("--set", field)))
    assert ran.code == 0, ran.err
    return ran.out


def ends(team: Team, id: str, until: str = "ended") -> tuple[str, str | None]:
    receipt = team.call("message.wait", id=id, until=until, timeout_s=20)
    return receipt["state"], receipt["task"]


def test_what_a_peer_sent_to_one_that_is_made_a_shell_is_cancelled_and_told(vic: Team):
    send(vic, "ada", "vic", id="m-1", body=touches(vic), queue=True)
    vic.send("vic", "true", id="m-mine", queue=True, wait="accepted")

    told = edited(vic, "vic", "runtime=shell")
    vic.call("peer.start", peer="vic")

    assert ends(vic, "m-mine") == ("submitted", "turn_ended")
    assert (ends(vic, "m-1"), was_run(vic)) == (("cancelled", "dead"), False)
    why = "messages to vic run as commands there, and it takes none from ada"
    assert why in vic.run("message", "m-1").out
    assert "cancelled 1 message that waited, from a sender that it does not accept messages from" in told
    assert f"{why}. m-1 stays as it is." in vic.run("queue", "requeue", "m-1").err
    (report,) = eventually(lambda: [each for each in sent_by_daemon(vic) if each["to"] == "ada"])
    assert f"failed: {why}" in vic.call("message.show", id=report["id"])["body"]


def sent_by_daemon(team: Team) -> list[dict[str, str]]:
    return [each for each in team.call("message.list")["messages"] if each["from"] == "daemon"]


def test_what_waits_for_a_shell_from_somebody_that_it_takes_messages_from_is_run(vic: Team):
    send(vic, "ada", "vic", id="m-1", body=touches(vic), queue=True)

    vic.run("edit", "vic", "--set", "runtime=shell", "--set", 'accepts_from=["ada"]')
    vic.call("peer.start", peer="vic")

    assert (ends(vic, "m-1"), was_run(vic)) == (("submitted", "turn_ended"), True)


def test_a_message_is_not_run_once_a_shell_takes_none_from_its_sender_any_more(vic: Team):
    vic.add("sh", "shell", accepts_from=["ada"])
    vic.call("peer.stop", peer="sh")
    send(vic, "ada", "sh", id="m-1", body=touches(vic), queue=True)

    told = edited(vic, "sh", "accepts_from=[]")
    vic.call("peer.start", peer="sh")

    assert "cancelled 1 message that waited, from a sender that it does not accept messages from" in told
    assert (ends(vic, "m-1"), was_run(vic)) == (("cancelled", "dead"), False)


def test_a_message_is_not_run_once_its_sender_is_in_no_group_that_a_shell_takes_messages_from(vic: Team):
    edited(vic, "ada", 'groups=["trusted"]')
    vic.add("sh", "shell", accepts_from=["@trusted"])
    vic.call("peer.stop", peer="sh")
    send(vic, "ada", "sh", id="m-1", body=touches(vic), queue=True)

    edited(vic, "ada", "groups=[]")
    vic.call("peer.start", peer="sh")

    assert (ends(vic, "m-1"), was_run(vic)) == (("cancelled", "dead"), False)


def test_a_message_is_not_run_once_its_sender_has_a_name_that_a_shell_takes_none_from(vic: Team):
    vic.add("sh", "shell", accepts_from=["ada"])
    vic.call("peer.stop", peer="sh")
    send(vic, "ada", "sh", id="m-1", body=touches(vic), queue=True)

    vic.run("rename", "ada", "eve")
    vic.call("peer.start", peer="sh")

    assert (ends(vic, "m-1"), was_run(vic)) == (("cancelled", "dead"), False)


def test_what_was_sent_by_one_that_was_removed_is_run_where_its_name_is_allowed_and_nobody_elses(vic: Team):
    vic.add("sh", "shell", accepts_from=["ada"])
    vic.call("peer.stop", peer="sh")
    send(vic, "ada", "sh", id="m-1", body=touches(vic), queue=True)

    vic.run("rm", "ada", "--now")
    vic.call("peer.start", peer="sh")

    assert (ends(vic, "m-1"), was_run(vic)) == (("submitted", "turn_ended"), True)


def test_what_was_sent_by_one_that_was_removed_is_not_run_for_a_namesakes_sake(vic: Team):
    vic.add("sh", "shell", accepts_from=["ada"])
    vic.call("peer.stop", peer="sh")
    send(vic, "ada", "sh", id="m-1", body=touches(vic), queue=True)

    vic.run("rm", "ada", "--now")
    vic.add("ada")
    vic.call("peer.start", peer="sh")

    assert (ends(vic, "m-1"), was_run(vic)) == (("cancelled", "dead"), False)


def test_one_that_was_made_a_shell_while_no_daemon_ran_runs_nothing_of_what_waited(vic: Team):
    send(vic, "ada", "vic", id="m-1", body=touches(vic), queue=True)
    vic.kill_daemon()
    shell = msgspec.convert({"name": "vic", "runtime": "shell", "dir": str(vic.work)}, Spec)
    replace_spec(f"{vic.home.peers}/vic.toml", spec_text(shell))

    vic.start()

    assert ends(vic, "m-1") == ("cancelled", "dead")
    vic.call("peer.start", peer="vic")
    assert ends(vic, vic.send("vic", "true", wait="ended", timeout_s=20)["id"]) == ("submitted", "turn_ended")
    assert not was_run(vic)


def test_an_agent_that_is_to_be_a_shell_is_given_what_waits_for_it_as_long_as_its_session_lives(vic: Team):
    vic.add("bob", "actor", "--busy-s", "0.5")
    vic.send("bob", "work", wait="submitted")
    send(vic, "ada", "bob", id="m-1", body=touches(vic))

    edited(vic, "bob", "runtime=shell", "args=[]")

    assert (ends(vic, "m-1"), was_run(vic)) == (("submitted", "answered"), False)


def test_what_is_left_of_an_agents_queue_as_its_session_ends_is_not_run_in_the_shell_after_it(vic: Team):
    busy(vic, "bob")
    send(vic, "ada", "bob", id="m-1", body=touches(vic), wait="submitted")
    send(vic, "ada", "bob", id="m-2", body=touches(vic))
    edited(vic, "bob", "runtime=shell", "args=[]")

    vic.call("peer.stop", peer="bob")

    assert ends(vic, "m-2") == ("cancelled", "dead")
    assert ends(vic, "m-1") == ("cancelled", "dead")
    vic.call("peer.start", peer="bob")
    assert ends(vic, vic.send("bob", "true", wait="ended", timeout_s=20)["id"]) == ("submitted", "turn_ended")
    assert not was_run(vic)


def test_a_shell_that_is_to_be_an_agent_takes_nothing_from_peers_as_long_as_its_session_lives(vic: Team):
    vic.add("sh", "shell")
    vic.call("peer.wake", peer="sh")
    edited(vic, "sh", "runtime=actor")

    with pytest.raises(NotPermitted, match="sh is a shell until its session ends, .*`peerd new sh` begins the next"):
        send(vic, "ada", "sh", id="m-1", body=touches(vic))
    vic.call("peer.new", peer="sh")

    assert send(vic, "ada", "sh", id="m-1", body=touches(vic), wait="ended", timeout_s=20)["task"] == "answered"
    assert not was_run(vic)


def test_a_shell_is_told_nothing_by_the_daemon_itself(vic: Team):
    vic.add("sh", "shell")

    vic.call("pair.pause", one="sh", other="vic")

    assert [each for each in sent_by_daemon(vic) if each["to"] == "sh"] == []


def test_what_the_daemon_said_to_an_agent_is_not_run_in_the_shell_that_it_is_made(vic: Team):
    vic.add("bob")
    vic.call("pair.pause", one="bob", other="ada")
    (word,) = [each["id"] for each in sent_by_daemon(vic) if each["to"] == "bob"]

    told = edited(vic, "bob", "runtime=shell")

    assert ends(vic, word, "submitted") == ("cancelled", None)
    assert "cancelled 1 message" in told


def by_hand(team: Team, name: str, old: str, new: str) -> None:
    """Returns once the daemon goes by it."""
    path, known = Path(team.home.peers, f"{name}.toml"), team.log().count("ev=spec-changed")
    path.write_text(path.read_text().replace(old, new))
    eventually(lambda: team.log().count("ev=spec-changed") == known + 1, within_s=10)


def test_what_waits_for_one_whose_runtime_is_not_known_for_a_moment_waits_on(vic: Team):
    send(vic, "ada", "vic", id="m-1", body="hello", queue=True)

    by_hand(vic, "vic", '"actor"', '"acter"')
    vic.kill_daemon()
    vic.start()
    assert vic.call("message.show", id="m-1")["state"] == "accepted"
    by_hand(vic, "vic", '"acter"', '"actor"')
    vic.call("peer.start", peer="vic")

    assert ends(vic, "m-1") == ("submitted", "answered")


def test_a_group_that_is_renamed_in_one_file_after_the_other_costs_nothing_that_waits(vic: Team):
    edited(vic, "ada", 'groups=["trusted"]')
    vic.add("sh", "shell", accepts_from=["@trusted"])
    vic.call("peer.stop", peer="sh")
    send(vic, "ada", "sh", id="m-1", body=touches(vic), queue=True)

    by_hand(vic, "ada", "trusted", "crew")
    by_hand(vic, "sh", "@trusted", "@crew")
    vic.call("peer.start", peer="sh")

    assert (ends(vic, "m-1"), was_run(vic)) == (("submitted", "turn_ended"), True)
