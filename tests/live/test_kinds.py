"""Services and passes, for real: declared programs without a screen, under the same daemon as any other peer."""

import json
import os
import signal
from typing import Any

import pytest

from peerd.edges.process import alive
from peerd.errors import UsageError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare

pytestmark = pytest.mark.tmux

PASS = """
name = "tidy"
kind = "pass"
argv = ["/bin/sh", "-c", '''
%s
''']
methods = ["message.send"]
task_attempts = 2
"""
COUNTS = 'printf "{{\\"words\\": %d}}" "$(wc -w <"$PEERD_TASK")" >"$PEERD_RESULT"'

SERVICE = """
name = "pull"
kind = "service"
argv = ["/bin/sh", "-c", '''
%s
exec sleep 1000
''']
%s
"""
NOTIFIES = (
    'python3 -c "import os, socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)'
    ".sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])\""
)


def passes(team: Team, script: str = COUNTS, **fields: Any) -> None:
    declare(team, PASS % script, "tidy")
    team.start()
    team.add("eve", "tidy", backoff_base_s=0.05, **fields)


def ended(team: Team, body: str = "sweep") -> dict[str, Any]:
    return team.send("eve", body, wait="ended", timeout_s=30)


def test_a_pass_reads_its_task_and_leaves_its_result(team: Team):
    passes(team, 'cp "$PEERD_TASK" "$PEERD_RESULT"')

    done = ended(team, "sweep\nthe floor")

    assert (done["state"], done["task"], done["attempt"]) == ("submitted", "done", 1)
    told = json.loads(done["answer"])
    assert (told["id"], told["from"], told["body"]) == (done["id"], "operator", "sweep\nthe floor")
    assert team.show("eve")["phase"] == "asleep"


def test_a_pass_that_ended_while_no_daemon_ran_left_nothing_to_be_ended(team: Team):
    passes(team, f'until [ -e "{team.root}/go" ]; do sleep 0.1; done')
    task = team.send("eve", "sweep", timeout_s=20)["id"]
    runtime = team.session("eve").host.runtime
    team.kill_daemon()
    (team.root / "go").touch()
    eventually(lambda: not alive(runtime), within_s=10)

    team.start()

    assert team.call("message.wait", id=task, until="ended", timeout_s=20)["task"] == "done"
    assert "count=0" not in team.log()


def test_a_pass_that_did_its_task_is_not_run_again_though_the_daemon_ended_before_that_was_on_record(team: Team):
    passes(team)
    team.kill_daemon()
    team.start_dying("EndSession")
    task = team.send("eve", "sweep", wait="accepted")["id"]
    eventually(lambda: team.died, within_s=20)

    team.start()

    over = team.call("message.wait", id=task, until="ended", timeout_s=20)
    assert (over["task"], over["attempt"], "words" in over["answer"]) == ("done", 1, True)


@pytest.mark.parametrize(
    ("script", "said", "told"),
    [
        (
            'printf "no braces" > "$PEERD_RESULT"',
            "did it, and left its result, which is not JSON",
            "its result is not JSON.",
        ),
        (
            'printf "\\377" > "$PEERD_RESULT"',
            "did it, and left its result, which is not JSON",
            "its result is not JSON.",
        ),
        (
            'printf "%60000s" | tr " " "[" > "$PEERD_RESULT"',
            "did it, and left its result, which is not JSON",
            "its result is not JSON.",
        ),
        (
            'head -c 70000 /dev/zero > "$PEERD_RESULT"',
            "did it, and left its result, which is cut after 64 KiB",
            "its result is cut after 64 KiB.",
        ),
        (
            'mkdir "$PEERD_RESULT"',
            "did it; its result could not be read: not a regular file",
            "its result could not be read: not a regular file.",
        ),
        (
            'mkfifo "$PEERD_RESULT"',
            "did it; its result could not be read: not a regular file",
            "its result could not be read: not a regular file.",
        ),
        ("true", "did it", "no answer came; eve has done it."),
        (COUNTS, "did it, and left its result", ""),
    ],
    ids=["words", "no text", "deep", "too long", "a folder", "a pipe", "none", "as it should be"],
)
def test_what_is_amiss_with_a_result_is_said(team: Team, script: str, said: str, told: str):
    passes(team, script)

    done = ended(team)

    assert done["task"] == "done"
    assert team.call("message.show", id=done["id"])["history"][-1]["evidence"] == f"{done['session']} {said}"
    waited = team.run("wait", done["id"], "--until", "ended")
    assert (waited.code, waited.err) == (0, f"peerd: {told}\n" if told else "")


def test_a_pass_that_is_edited_while_it_runs_leaves_its_result(team: Team):
    passes(team, COUNTS + "\nuntil [ -e go ]; do sleep 0.05; done")
    id = team.send("eve", "one two", wait="submitted", timeout_s=20)["id"]
    assert team.run("edit", "eve", "--set", "runtime=shell").code == 0
    (team.work / "go").touch()

    over = team.call("message.wait", id=id, until="ended", timeout_s=20)

    assert (over["task"], over["answer"] is None) == ("done", False)


def test_each_task_is_a_run_of_its_own(team: Team):
    passes(team)
    ids = [team.send("eve", f"sweep {n}", wait="accepted")["id"] for n in range(4)]

    over = [team.call("message.wait", id=id, until="ended", timeout_s=30) for id in ids]

    assert [each["task"] for each in over] == ["done"] * 4
    assert len({each["session"] for each in over}) == 4


def test_a_pass_that_fails_is_tried_again_then_a_dead_letter(team: Team):
    passes(team, "exit 3")

    dead = ended(team)

    assert (dead["task"], dead["attempt"]) == ("dead", 2)
    assert team.show("eve")["last_end"]["code"] == 3
    assert "crash-loop" not in team.log()


def test_a_run_that_is_killed_is_tried_again(team: Team):
    passes(team, f'case "$(cat "$PEERD_TASK")" in *\'"attempt": 1\'*) sleep 1000 ;; esac; {COUNTS}')
    sent = team.send("eve", "sweep", timeout_s=20)

    os.kill(team.session("eve").host.runtime.pid, signal.SIGKILL)

    over = team.call("message.wait", id=sent["id"], until="ended", timeout_s=30)
    assert (over["task"], over["attempt"]) == ("done", 2)


def test_a_run_outlives_the_daemon(team: Team):
    passes(team, f"while [ ! -e {team.work}/go ]; do sleep 0.05; done; {COUNTS}")
    sent = team.send("eve", "sweep", timeout_s=20)
    team.kill_daemon()
    team.start()

    (team.work / "go").touch()

    over = team.call("message.wait", id=sent["id"], until="ended", timeout_s=30)
    assert (over["task"], over["attempt"], over["session"]) == ("done", 1, sent["session"])


def test_a_run_may_call_what_its_runtime_lists_and_nothing_else(team: Team):
    passes(team, f"peerd send operator hello >/dev/null && peerd ls >{team.work}/out 2>&1; {COUNTS}")

    assert ended(team)["task"] == "done"

    assert "eve may not call peer.list: its runtime lists message.send." in (team.work / "out").read_text()
    assert [row["from"] for row in team.call("message.list", peer="operator")["messages"]][-1] == "eve"


def serves(team: Team, script: str = ":", fields: str = "") -> None:
    declare(team, SERVICE % (script, fields), "pull")
    team.start()
    team.add("web", "pull", backoff_base_s=0.05)


@pytest.mark.parametrize(
    ("script", "fields"),
    [(":", ""), ("echo serving on 80", "ready = '^serving'"), (NOTIFIES, "notify = true")],
    ids=["by running", "by a line", "by sd_notify"],
)
def test_a_service_is_up_by_itself_once_it_is_ready(team: Team, script: str, fields: str):
    serves(team, script, fields)

    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)

    assert team.show("web")["woken"]["cause"] == "a service"


@pytest.mark.parametrize("fields", ["ready = '^serving'", "notify = true"])
def test_a_service_that_does_not_say_so_is_not_ready(team: Team, fields: str):
    declare(team, SERVICE % ("echo starting", fields), "pull")
    team.start()
    team.add("web", "pull", boot_deadline_s=0.5, backoff_base_s=0.05)

    eventually(lambda: "ev=session-ended" in team.log() and "not ready within 0.5 s" in team.log(), within_s=10)
    assert "ev=session-ready" not in team.log()


def test_a_service_that_dies_is_up_again_and_one_that_is_stopped_is_not(team: Team):
    serves(team)
    first = eventually(lambda: team.show("web")["session"], within_s=10)
    os.kill(team.session("web").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.show("web")["session"] not in (None, first), within_s=10)

    team.call("peer.stop", peer="web")

    assert team.show("web")["phase"] == "asleep"


def test_a_service_outlives_the_daemon_and_is_adopted(team: Team):
    serves(team, NOTIFIES, "notify = true")
    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)
    before = team.session("web").id
    team.kill_daemon()
    team.start()

    assert (team.show("web")["phase"], team.session("web").id) == ("running", before)


def test_a_service_may_call_what_its_runtime_lists_and_nothing_else(team: Team):
    calls = f"{{{{ peerd send operator hello >/dev/null && peerd ls; }}}} >{team.work}/out 2>&1"
    serves(team, calls, "methods = ['message.send']")
    out = team.work / "out"

    eventually(lambda: out.exists() and "may not call" in out.read_text(), within_s=15)

    assert "web may not call peer.list: its runtime lists message.send." in out.read_text()
    assert [row["from"] for row in team.call("message.list", peer="operator")["messages"]] == ["web"]


def test_a_service_may_call_nothing_else_before_its_start_is_over_either(team: Team):
    """It stops its tmux server, so that the daemon cannot have it in hand meanwhile."""
    out = team.work / "out"

    serves(team, f"kill -STOP $PPID; peerd ls >{out} 2>&1; kill -CONT $PPID")

    eventually(lambda: team.show("web")["phase"] == "running", within_s=15)
    assert "web may not call peer.list: its runtime lists no methods." in out.read_text()


def test_a_service_whose_runtime_is_known_no_more_may_call_nothing(team: Team):
    serves(team)
    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)
    caller = team.caller("web")
    team.kill_daemon()
    os.unlink(os.path.join(team.home.runtimes, "pull.toml"))
    team.start()

    ran = team.run("ls", env=caller)

    assert (ran.code, "web may not call peer.list: its runtime 'pull' is no longer known" in ran.err) == (1, True)


def test_a_service_takes_no_messages(team: Team):
    serves(team)

    with pytest.raises(UsageError, match="web is a service"):
        team.send("web", "hello")
