"""Every reason to hold a message: its sender is told that and what comes next, nothing is typed, and it is handed over
by itself once that is over. A reason that has no row here fails."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peerd.model.message import Hold
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team, a_team
from tests.live.test_holds import at_the_keyboard
from tests.live.test_seen_after_all import SHORT_LEASES
from tests.live.test_unknown_screens import SOON

pytestmark = pytest.mark.tmux

LASTS = "3"  # seconds, of what ends by itself
Over = Callable[[], object]
"""What ends the reason; nothing, where it ends by itself."""


@pytest.fixture(scope="module")
def all_at_one() -> Iterator[Team]:
    """One daemon for all of them, each with a peer of its own."""
    with a_team() as team:
        os.makedirs(team.home.config)
        Path(team.home.settings_file).write_text(SOON)
        team.start(*SHORT_LEASES)
        yield team


def nothing() -> None:
    pass


def up(team: Team, name: str, *args: str, **fields: Any) -> None:
    team.add(name, "actor", *args, **fields)
    team.call("peer.wake", peer=name)


def keys(team: Team, name: str, *words: str) -> Over:
    return lambda: at_the_keyboard(team, name, *words)


def shows(team: Team, name: str, text: str) -> bool:
    return text in "\n".join(team.call("peer.peek", peer=name)["lines"])


def starting(team: Team, name: str) -> Over:
    team.add(name, "actor", "--boot-s", LASTS)
    return nothing


def busy(team: Team, name: str) -> Over:
    up(team, name, "--busy-s", LASTS)
    team.send(name, "work")
    return nothing


def prompt(team: Team, name: str) -> Over:
    up(team, name, "--permission-on", "danger")
    team.send(name, "danger ahead")
    eventually(lambda: shows(team, name, "Allow running danger?"))
    return keys(team, name, "send-keys", "2")


def dialog(team: Team, name: str) -> Over:
    team.add(name, "actor", "--dialog", "Sell the house?")
    team.send(name, "hello", wait="accepted", id=f"m-{name}")
    eventually(lambda: team.show(name)["activity"] == "blocked", within_s=10)
    return keys(team, name, "send-keys", "1")


def draft(team: Team, name: str) -> Over:
    up(team, name)
    at_the_keyboard(team, name, "send-keys", "-l", "half a thought")
    eventually(lambda: shows(team, name, "half a thought"))
    return keys(team, name, "send-keys", "C-u")


def unknown_screen(team: Team, name: str) -> Over:
    """A window too narrow for what it draws."""
    up(team, name)
    at_the_keyboard(team, name, "resize-window", "-x", "8")
    eventually(lambda: max(map(len, team.call("peer.peek", peer=name)["lines"])) <= 8)
    return keys(team, name, "resize-window", "-x", "120")


def tmux_mode(team: Team, name: str) -> Over:
    up(team, name)
    at_the_keyboard(team, name, "copy-mode")
    return keys(team, name, "send-keys", "-X", "cancel")


def tmux(team: Team, name: str) -> Over:
    """It does not answer, as was found by whoever was sent before."""
    up(team, name)
    server = team.session(name).host.server.pid
    os.kill(server, signal.SIGSTOP)
    team.send(name, "work", wait="accepted")
    eventually(lambda: team.show(name)["activity"] == "unknown", within_s=20)
    return lambda: os.kill(server, signal.SIGCONT)


def unwritable(team: Team, name: str) -> Over:
    up(team, name)
    in_its_place = Path(team.home.session(team.session(name).id), "files")
    in_its_place.write_text("")
    beside = team.work / "beside"
    beside.write_text("")
    team.send(name, "look", wait="accepted", attach=[str(beside)])
    return in_its_place.unlink


def unheard(team: Team, name: str) -> Over:
    """It keeps its conversation where it was told to, and its journal is told nothing of that for now."""
    untold = Path(team.root, name)
    up(team, name, "--busy-s", "1", "--untold", str(untold), lease_s=0.5)
    journal = Path(team.home.session(team.session(name).id), "journal")
    with journal.open("a") as lines:
        lines.write(json.dumps({"ev": "conversation", "id": name, "record": str(untold)}) + "\n")
    untold.touch()
    team.send(name, "work", id=f"m-{name}-first", wait="ended")
    eventually(lambda: team.show(name)["activity"] == "idle", within_s=15)

    def heard() -> None:
        said = untold.read_text()
        untold.unlink()
        with journal.open("a") as lines:
            lines.write(said)

    return heard


def limited(team: Team, name: str) -> Over:
    limit = Path(team.root, name)
    limit.write_text(f"rate_limit {LASTS}")
    up(team, name, "--limit-file", str(limit))
    team.send(name, "too much", wait="accepted")
    eventually(lambda: team.show(name)["activity"] == "limited", within_s=10)
    limit.unlink()
    return nothing


def queue_paused(team: Team, name: str) -> Over:
    team.add(name, "actor")
    team.call("queue.pause", peer=name)
    return lambda: team.call("queue.resume", peer=name)


def pair_paused(team: Team, name: str) -> Over:
    """Sent before the two were paused, or it would be refused."""
    up(team, f"{name}-s")
    team.add(name, "actor")
    team.call("queue.pause", peer=name)
    told, token = {"to": name, "body": "hello", "id": f"m-{name}", "wait": "accepted"}, team.caller(f"{name}-s")
    call("message.send", told, timeout_s=20, socket_path=team.home.socket, token=token["PEERD_TOKEN"])
    team.call("pair.pause", one=name, other=f"{name}-s")
    team.call("queue.resume", peer=name)
    return lambda: team.call("pair.release", one=name, other=f"{name}-s")


def backoff(team: Team, name: str) -> Over:
    up(team, name, restart="permanent", backoff_base_s=float(LASTS))
    os.kill(team.session(name).host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.show(name)["phase"] == "backoff", within_s=10)
    return nothing


def asleep(team: Team, name: str) -> Over:
    team.add(name, "actor")
    up(team, f"{name}-s", may_wake=[])
    return lambda: team.call("peer.wake", peer=name)


ROWS: dict[Hold, Callable[[Team, str], Over]] = {
    Hold.STARTING: starting,
    Hold.BUSY: busy,
    Hold.PROMPT: prompt,
    Hold.DIALOG: dialog,
    Hold.DRAFT: draft,
    Hold.UNKNOWN_SCREEN: unknown_screen,
    Hold.TMUX_MODE: tmux_mode,
    Hold.TMUX: tmux,
    Hold.UNWRITABLE: unwritable,
    Hold.UNHEARD: unheard,
    Hold.LIMITED: limited,
    Hold.QUEUE_PAUSED: queue_paused,
    Hold.PAIR_PAUSED: pair_paused,
    Hold.BACKOFF: backoff,
    Hold.ASLEEP: asleep,
}
FROM_ANOTHER = (Hold.PAIR_PAUSED, Hold.ASLEEP)

TOLD = {
    Hold.STARTING: "(NAME: starting)",
    Hold.BUSY: "(NAME: busy)",
    Hold.PROMPT: "NAME is at a permission prompt, which a person has to answer: `peerd approvals` shows it",
    Hold.DIALOG: "NAME is at a question, which a person has to answer (`peerd attach NAME`)",
    Hold.DRAFT: "NAME has somebody's text in its input line",
    Hold.UNKNOWN_SCREEN: "NAME shows a screen that peerd does not recognise (`peerd peek NAME`)",
    Hold.TMUX_MODE: "NAME has somebody scrolling in its pane",
    Hold.TMUX: "NAME is alive, but its tmux server cannot be reached (no answer within 5 s)",
    Hold.UNWRITABLE: "cannot be written into its session folder",
    Hold.UNHEARD: "NAME is not heard: it took m-NAME-first, but its hooks have reported nothing since",
    Hold.LIMITED: "NAME is limited: its last turn failed",
    Hold.QUEUE_PAUSED: "waits until `peerd queue resume NAME`",
    Hold.PAIR_PAUSED: "paused with each other (asked for) until `peerd pairs release NAME-s NAME`",
    Hold.BACKOFF: "NAME is down: killed by signal 9; it is tried again in",
    Hold.ASLEEP: "it waits until NAME is up for another reason",
}


@pytest.mark.parametrize("hold", Hold, ids=[each.value for each in Hold])
def test_what_is_held_is_told_with_what_is_next_and_goes_on_by_itself(all_at_one: Team, hold: Hold):
    team, name, id = all_at_one, f"p-{hold.value}", f"m-p-{hold.value}"
    over = ROWS[hold](team, name)
    env = team.caller(f"{name}-s") if hold in FROM_ANOTHER else None

    sent = team.run("send", name, "hello", "--id", id, "--timeout", "0.7", env=env)

    assert (sent.code, f"{id} is accepted" in sent.err, f"`peerd wait {id}`" in sent.err) == (3, True, True), sent.err
    assert TOLD[hold].replace("NAME", name) in sent.err
    shown = team.run("message", id).out.splitlines()
    assert shown[0].endswith(f": accepted, task open, waits: {hold.value}")
    assert [line for line in shown if line.startswith("waits: ")] != [f"waits: it is delivered to {name} next"]
    assert team.call("message.show", id=id)["attempt"] == 0
    over()
    done = team.call("message.wait", id=id, until="ended", timeout_s=20)
    assert (done["task"], done["attempt"]) == ("answered", 1)
