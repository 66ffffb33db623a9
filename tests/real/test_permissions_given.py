"""The real CLIs' permission prompts, answered by a person elsewhere: once, and never for the next one."""

from pathlib import Path
from typing import Any

from tests.eventually import eventually
from tests.live.persons import at_a_terminal
from tests.live.test_holds import at_the_keyboard
from tests.real.conftest import Agents


def asks(agents: Agents, made: Path, id: str) -> dict[str, Any]:
    agents.team.send("ada", f"make it [[run touch {made}]]", id=id, timeout_s=60)
    return stands(agents)


def stands(agents: Agents) -> dict[str, Any]:
    found = eventually(lambda: agents.team.call("approval.list")["approvals"], within_s=20)
    assert len(found) == 1
    return dict(found[0])


def state(agents: Agents, id: str) -> str:
    listed = agents.team.call("approval.list", all=True)["approvals"]
    return str(next(each["state"] for each in listed if each["id"] == id))


def test_a_person_approves_one_command_and_denies_the_next(agents: Agents, runtime: str):
    made, not_made = agents.team.root / "made", agents.team.root / "not-made"
    agents.add("ada", runtime)
    first = asks(agents, made, "m-1")

    assert (first["tool"], first["input"]["command"]) == ("Bash", f"touch {made}")
    done = at_a_terminal(agents.team, "approve", first["id"], typed="y\n")
    assert done.code == 0, done.out
    assert agents.team.call("message.wait", id="m-1", until="ended", timeout_s=60)["exit_status"] in (None, 0)
    assert made.exists()
    assert state(agents, first["id"]) == "approved"

    second = asks(agents, not_made, "m-2")
    assert second["id"] != first["id"]
    late = at_a_terminal(agents.team, "approve", first["id"], "--yes")
    assert late.code == 1
    denied = at_a_terminal(agents.team, "deny", second["id"])
    assert denied.code == 0, denied.out
    agents.team.call("message.wait", id="m-2", until="ended", timeout_s=60)
    assert state(agents, second["id"]) == "denied"
    assert not not_made.exists()


def test_what_was_refused_at_the_pane_is_gone_and_its_id_approves_nothing(agents: Agents, runtime: str):
    not_made = agents.team.root / "not-made"
    agents.add("ada", runtime)
    first = asks(agents, not_made, "m-1")

    at_the_keyboard(agents.team, "ada", "send-keys", "Escape")
    eventually(lambda: state(agents, first["id"]) == "gone", within_s=10)
    agents.team.send("ada", "go on [[say ok]]", wait="ended", timeout_s=60)
    second = asks(agents, not_made, "m-2")
    late = at_a_terminal(agents.team, "approve", first["id"], "--yes")

    assert late.code == 1
    assert stands(agents)["id"] == second["id"]
    assert not not_made.exists()


def test_a_rule_approves_what_it_says_and_no_more(agents: Agents, runtime: str):
    made, not_made = agents.team.root / "made-1", agents.team.root / "other"
    pattern = f"touch {agents.team.root}/made-[0-9]"
    with open(agents.team.home.settings_file, "a") as settings:
        settings.write(f"[[approve]]\ntool = 'Bash'\ninput = {{ command = '{pattern}' }}\nanswer = 'approve'\n")
    agents.team.kill_daemon()
    agents.team.start()
    agents.add("ada", runtime)

    agents.team.send("ada", f"make it [[run touch {made}]]", id="m-1", timeout_s=60)
    agents.team.call("message.wait", id="m-1", until="ended", timeout_s=60)
    asked = asks(agents, not_made, "m-2")

    assert made.exists()
    assert asked["input"]["command"] == f"touch {not_made}"
    assert 'state=approved by="rule 1"' in agents.team.log()
    assert not not_made.exists()
