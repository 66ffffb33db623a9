"""Commands of the operator's own, told what a person must know."""

import contextlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


class Told:
    """A program that keeps what it was given, one line of JSON a run: argv, stdin and environment."""

    def __init__(self, team: Team, **settings: Any) -> None:
        self.team, self.file, self.fails = team, team.root / "told", team.root / "fails"
        program = team.root / "tell"
        program.write_text(
            "#!/usr/bin/env python3\nimport json, os, sys\n"
            f"fails = os.path.exists({str(self.fails)!r})\n"
            "given = {'argv': sys.argv[1:], 'stdin': json.load(sys.stdin), 'env': dict(os.environ), 'fails': fails}\n"
            f"open({str(self.file)!r}, 'a').write(json.dumps(given) + '\\n')\n"
            "print('no bell here')\nsys.exit(3 if fails else 0)\n"
        )
        program.chmod(0o755)
        self.tables(settings)

    def tables(self, *each: dict[str, Any]) -> None:
        """That this is the command of, where they say no other."""
        own = {"command": [str(self.team.root / "tell"), "{title}", "{text}"]}
        lines = []
        for fields in each:
            lines += ["[[notify]]", *(f"{name} = {json.dumps(value)}" for name, value in (own | fields).items()), ""]
        Path(self.team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
        Path(self.team.home.settings_file).write_text("\n".join(lines))

    @property
    def runs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def once(self) -> dict[str, Any]:
        eventually(lambda: self.runs, within_s=15)
        (only,) = self.runs
        return only


def crash_loop(team: Team) -> None:
    team.add("sh", "shell", bin="/bin/false", backoff_base_s=0.05, probe_base_s=3600)
    team.send("sh", "echo", wait="accepted")


def ask_operator(team: Team, body: str, topic: str) -> None:
    """From inside the session of sh."""
    if "sh" not in [each["peer"] for each in team.call("peer.list")["peers"]]:
        team.add("sh", "shell")
        team.call("peer.wake", peer="sh")
    asked = {"to": "operator", "body": body, "topic": topic, "wait": "accepted"}
    token = team.caller("sh")["PEERD_TOKEN"]
    call("message.send", asked, timeout_s=20, socket_path=team.home.socket, token=token)


def now_and_then() -> str:
    """Quiet hours that it is now, and for an hour more at least."""
    hour = datetime.now(UTC).hour
    return f"{hour:02}:00-{(hour + 2) % 24:02}:00"


def test_a_crash_loop_is_told_to_a_command_by_argv_and_on_stdin(team: Team):
    told = Told(team)
    team.env["SECRET_OF_THE_SHELL"] = "x"
    team.start()

    crash_loop(team)

    run = told.once()
    assert run["argv"] == ["peerd: urgent: down: sh", "`peerd notices` tells more"]
    (event,) = run["stdin"]["events"]
    assert event["text"].startswith("sh is failed: 3 deaths")
    assert (event["kind"], event["of"], run["stdin"]["severity"]) == ("down", "sh", "urgent")
    assert "SECRET_OF_THE_SHELL" not in run["env"]
    assert run["env"]["HOME"] == team.env["HOME"]
    eventually(lambda: 'ev=notified to="tell, table 1" count=1' in team.log())


@pytest.mark.parametrize("body", [False, True])
def test_a_message_to_the_operator_is_told_without_its_text_unless_that_is_wanted(team: Team, body: bool):
    told = Told(team, body=body)
    team.start()

    ask_operator(team, "the password is hunter2", "login")

    run = told.once()
    assert run["argv"][1].startswith("on login: `peerd message m-")
    (event,) = run["stdin"]["events"]
    assert (event["from"], event["topic"]) == ("sh", "login")
    assert ("hunter2" in json.dumps(run)) is body
    assert "hunter2" not in json.dumps(run["argv"])


def test_what_is_held_back_in_quiet_hours_outlives_the_daemon_and_is_told_in_one(team: Team):
    told = Told(team, quiet=now_and_then())
    team.env["TZ"] = "UTC"
    team.start()
    for n in range(2):
        ask_operator(team, f"question {n}", f"t{n}")
    eventually(lambda: [len(each) for each in team.store().pending().values()] == [2], within_s=5)
    team.kill_daemon()
    assert told.runs == []

    Told(team)
    team.start()

    run = told.once()
    assert run["argv"] == ["peerd: 2 while it was quiet", "sh asks\nsh asks"]
    assert [each["topic"] for each in run["stdin"]["events"]] == ["t0", "t1"]
    eventually(lambda: waits_to_be_told(team) == [])


def test_one_that_fails_is_a_notice_and_told_again_until_it_goes_well(team: Team):
    told = Told(team)
    told.fails.touch()
    team.start()
    crash_loop(team)

    def of_notify() -> list[str]:
        return [each["text"] for each in team.call("notice.list")["notices"] if each["kind"] == "notify"]

    eventually(of_notify, within_s=15)
    assert of_notify() == ["the notify command tell, table 1 fails (exit 3); it is tried again"]
    told.fails.unlink()

    eventually(lambda: not of_notify(), within_s=15)
    eventually(lambda: waits_to_be_told(team) == [])
    assert [(each["argv"][0], each["fails"]) for each in told.runs] == [
        ("peerd: urgent: down: sh", True),
        ("peerd: urgent: down: sh", False),
    ]


def waits_to_be_told(team: Team) -> list[str]:
    """As it is on disk: of messages the topics, of notices what they are about."""
    reader = team.store()
    try:
        words = [each.word for pending in reader.pending().values() for each in pending]
        return [each.text.split(":")[0] if each.about == "message" else each.of for each in words]
    finally:
        reader.close()


def test_what_comes_while_it_fails_is_on_disk_at_once_and_told_by_the_next_daemon(team: Team):
    told = Told(team)
    told.fails.touch()
    team.start()
    ask_operator(team, "first?", "t1")
    eventually(lambda: told.runs, within_s=15)

    ask_operator(team, "second?", "t2")
    assert waits_to_be_told(team) == ["on t1", "on t2"]
    team.add("eve", "shell", bin="/bin/false", backoff_base_s=0.05, probe_base_s=3600)
    team.send("eve", "echo", wait="accepted")
    eventually(lambda: ("down", "eve") in team.store().board(), within_s=15)
    assert waits_to_be_told(team) == ["on t1", "on t2", "eve"]
    team.kill_daemon()
    told.fails.unlink()
    team.start()

    eventually(lambda: waits_to_be_told(team) == [], within_s=15)
    went_well = [each["argv"] for each in told.runs if not each["fails"]]
    assert [title for title, _ in went_well[-2:]] == ["peerd: sh asks", "peerd: sh asks"]
    assert {title for title, _ in went_well[:-2]} == {"peerd: urgent: down: eve"}  # twice where the end came amid a run


def test_of_a_message_that_is_not_on_record_nothing_is_told(team: Team):
    told = Told(team)
    team.start()
    team.kill_daemon()
    with contextlib.closing(sqlite3.connect(team.home.store)) as record, record:
        word = {"about": "message", "severity": "warning", "title": "peerd: sh asks", "text": "", "of": "m-none"}
        kept = {"type": "KeepPending", "command": "", "pending": [{"word": word}]}
        key = "\0".join([str(team.root / "tell"), "{title}", "{text}"])
        record.execute("INSERT INTO pending VALUES (?, ?)", (key, json.dumps(kept)))
    assert [each.word.of for pending in team.store().pending().values() for each in pending] == ["m-none"]

    team.start()

    eventually(lambda: waits_to_be_told(team) == [])
    assert told.runs == []


def test_each_is_tried_on_demand_and_what_it_says_is_shown(team: Team):
    told = Told(team)
    team.start()

    assert team.run("notices", "--test").out == "tell, table 1: done: no bell here\n"
    assert told.once()["argv"] == ["peerd: a test", "`peerd notices --test` sent this"]
    told.fails.touch()
    ran = team.run("notices", "--test", "--json")
    assert (ran.code, ran.json) == (1, [{"command": "tell, table 1", "failed": "exit 3", "said": "no bell here"}])


def test_without_any_a_test_says_where_to_write_one(up: Team):
    ran = up.run("notices", "--test")

    assert (ran.code, "has no [[notify]]" in ran.err) == (1, True)


def test_settings_that_make_no_sense_are_told_by_table_and_field(team: Team):
    Told(team, quiet="22-7")
    ran = team.run("daemon", "start")

    assert ran.code == 78
    assert 'peerd.toml: notify, table 1: quiet = "22-7": give two times of a day, as "22:00-07:00".' in ran.err
