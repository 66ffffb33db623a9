"""Commands that tell a person: each goes on whatever befell it before, and runs once at a time."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

from msgspec.structs import replace

from peerd.config import Settings
from peerd.core import notify as core
from peerd.daemon.context import Daemon
from peerd.daemon.notices import notify
from peerd.daemon.notices.command import Teller
from peerd.edges import clock
from peerd.model.board import Entry
from peerd.model.message import Delivery, Task
from peerd.model.notice import Notice, Severity
from peerd.model.notify import About, Notify, Pending, Word
from peerd.model.peer import OPERATOR, PeerName
from peerd.store.noticed import KeepPending
from peerd.store.write import SetDelivery
from tests.build import M1, M2, message
from tests.daemon.test_ends_over_files import begun
from tests.eventually import eventually

WITHIN_S = 10.0


def word(title: str, about: About = "notice", of: str = "") -> Word:
    return Word(about=about, severity=Severity.URGENT, title=title, text="", kind="down", of=of)


def tells(root: Path, *lines: str) -> Notify:
    program = root / "tell"
    program.write_text("\n".join(("#!/bin/sh", *lines)))
    program.chmod(0o755)
    return Notify(command=(str(program), "{title}"))


@contextlib.asynccontextmanager
async def telling(root: Path, *lines: str) -> AsyncIterator[tuple[Daemon, Teller]]:
    daemon = begun(root)
    daemon.settings = Settings(notify=(tells(root, *lines),))
    await notify.begin(daemon)
    running = asyncio.create_task(notify.run(daemon))
    try:
        yield daemon, daemon.tellers[0]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await daemon.store.close()


def logged(daemon: Daemon, event: str) -> bool:
    return any(event in file.read_text() for file in Path(daemon.home.logs).iterdir())


async def until(probe: Callable[[], object]) -> None:
    await asyncio.to_thread(eventually, probe, within_s=WITHIN_S)


def put(daemon: Daemon, teller: Teller, word: Word, *, quiet: bool = False) -> None:
    """With the notice that it is about on the board."""
    on_board(daemon, word.of)
    teller.outbox = core.put(teller.outbox, word, quiet=quiet)
    teller.stirred.set()


def on_board(daemon: Daemon, about: str, *, over: bool = False, read: bool = False) -> None:
    notice = Notice(kind="down", about=about, text="it is down", severity=Severity.URGENT)
    entry = Entry(n=1, notice=notice, first_at=1.0, raised_at=1.0, seen_at=1.0, over=over, read=read)
    daemon.board.entries = {**daemon.board.entries, entry.key: entry}


def test_what_an_older_peerd_kept_by_the_command_alone_is_told_and_kept_by_its_table(tmp_path: Path):
    async def story() -> tuple[list[str], bool]:
        daemon = begun(tmp_path)
        daemon.settings = Settings(notify=(tells(tmp_path),))
        asked = word("peerd: sh asks", about="message", of=M1)
        await daemon.store.accept(message(id=M1, sender=PeerName("sh"), target=OPERATOR), Task.OPEN)
        await daemon.store.commit(KeepPending("\0".join(daemon.settings.notify[0].command), (Pending(asked),)))
        await notify.begin(daemon)
        (teller,) = daemon.tellers
        kept = daemon.store.reader.pending() == {teller.key: (Pending(asked),)}
        await daemon.store.close()
        return [each.word.title for each in teller.outbox.pending], kept

    assert asyncio.run(story()) == (["peerd: sh asks"], True)


def test_a_fault_of_ours_in_a_run_is_told_as_one_of_the_command_and_tried_again(tmp_path: Path):
    async def story() -> list[str]:
        async with telling(tmp_path) as (daemon, teller):
            put(daemon, teller, replace(word("down: ada"), at=math.inf))
            await until(lambda: teller.failed)
            return [each.text for each in notify.notices(daemon)]

    (told,) = asyncio.run(story())

    assert told.startswith("the notify command tell, table 1 fails (a fault of peerd's own: ")
    assert told.endswith("; it is tried again")


def test_what_has_no_utf_8_is_told_as_far_as_it_has(tmp_path: Path):
    async def story() -> None:
        async with telling(tmp_path, f'printf %s "$1" >{tmp_path}/told', f"cat >>{tmp_path}/told") as (daemon, teller):
            put(daemon, teller, word("spec: /peers/\udcff.toml"))
            await until(lambda: logged(daemon, "ev=notified"))

    asyncio.run(story())

    title, _, stdin = (tmp_path / "told").read_text().partition("{")
    assert (title, '"title": "spec: /peers/?.toml"' in stdin) == ("spec: /peers/ .toml", True)


def test_what_cannot_be_read_of_a_message_is_told_as_a_failure_and_tried_again(tmp_path: Path):
    async def story() -> list[str]:
        async with telling(tmp_path) as (daemon, teller):
            daemon.store.reader.close()
            put(daemon, teller, word("peerd: sh asks", about="message", of=M1))
            await until(lambda: teller.failed)
            return [each.text for each in notify.notices(daemon)]

    (told,) = asyncio.run(story())

    assert "closed database" in told
    assert told.endswith("; it is tried again")


def test_a_fault_of_ours_between_runs_costs_no_other(tmp_path: Path):
    async def story() -> None:
        async with telling(tmp_path, f'echo "$1" >>{tmp_path}/told') as (daemon, teller):
            right, wrong = teller.settings, cast("str", None)
            teller.settings = replace(right, quiet=wrong)
            put(daemon, teller, word("down: ada"))
            await until(lambda: logged(daemon, "action-failed"))
            teller.settings = right
            teller.stirred.set()
            await until(lambda: logged(daemon, "ev=notified"))

    asyncio.run(story())

    assert (tmp_path / "told").read_text() == "down: ada\n"


def test_a_test_of_a_command_waits_for_the_run_that_is_under_way(tmp_path: Path):
    async def story() -> None:
        lines = (f'echo "$1 begins" >>{tmp_path}/told', "sleep 0.5", f'echo "$1 ends" >>{tmp_path}/told')
        async with telling(tmp_path, *lines) as (daemon, teller):
            put(daemon, teller, word("down: ada"))
            await until((tmp_path / "told").exists)
            await notify.tried(daemon)

    asyncio.run(story())

    runs = ["down: ada begins", "down: ada ends", "peerd: a test begins", "peerd: a test ends"]
    assert (tmp_path / "told").read_text().splitlines() == runs


def an_hour_from_now() -> str:
    """Quiet hours that it is already."""
    hour = clock.minute_of_day() // 60
    return f"{hour:02}:00-{(hour + 2) % 24:02}:00"


def told(root: Path) -> list[str]:
    file = root / "told"
    return file.read_text().splitlines() if file.exists() else []


def test_what_is_urgent_does_not_wait_for_another_that_is_to_be_told_again(tmp_path: Path):
    async def story() -> None:
        lines = (f'echo "$1" >>{tmp_path}/told', 'case "$1" in *bad*) exit 3;; esac')
        async with telling(tmp_path, *lines) as (daemon, teller):
            put(daemon, teller, word("bad: ada", of="ada"))
            await until(lambda: teller.failed)
            put(daemon, teller, word("down: eve", of="eve"))
            await until(lambda: logged(daemon, "ev=notified"))
            assert told(tmp_path) == ["bad: ada", "down: eve"]
            await until(lambda: len(told(tmp_path)) == 3)

    asyncio.run(story())

    assert told(tmp_path)[2:] == ["bad: ada"]


def test_what_was_read_or_is_over_when_quiet_hours_end_is_not_told(tmp_path: Path):
    async def story() -> None:
        async with telling(tmp_path, f'echo "$1" >>{tmp_path}/told') as (daemon, teller):
            teller.settings = replace(teller.settings, quiet=an_hour_from_now(), urgent_too=False)
            for id in (M1, M2):
                await daemon.store.accept(message(id=id, sender=PeerName("sh"), target=OPERATOR), Task.OPEN)
                put(daemon, teller, word(f"peerd: sh asks {id}", about="message", of=id), quiet=True)
            for name in ("ada", "bob", "eve"):
                put(daemon, teller, word(f"down: {name}", of=name), quiet=True)
            await daemon.store.commit(SetDelivery(M1, Delivery.SUBMITTED, 1, None, 1.0, "shown"))
            on_board(daemon, "ada", over=True)
            on_board(daemon, "bob", read=True)
            assert told(tmp_path) == []

            teller.settings = replace(teller.settings, quiet="")
            teller.stirred.set()
            await until(lambda: logged(daemon, "ev=notified"))
            await until(lambda: daemon.store.reader.pending()[teller.key] == ())

    asyncio.run(story())

    assert told(tmp_path) == ["peerd: 2 while it was quiet"]


def test_no_run_is_made_in_quiet_hours_of_what_is_to_be_told_again(tmp_path: Path):
    async def story() -> None:
        async with telling(tmp_path, f'echo "$1" >>{tmp_path}/told', f"test -e {tmp_path}/well") as (daemon, teller):
            put(daemon, teller, word("down: ada", of="ada"))
            await until(lambda: teller.failed)
            teller.settings = replace(teller.settings, quiet=an_hour_from_now(), urgent_too=False)
            teller.stirred.set()
            await until(lambda: [each.quiet for each in teller.outbox.pending] == [True])
            (tmp_path / "well").touch()
            teller.settings = replace(teller.settings, quiet="")
            teller.stirred.set()
            await until(lambda: logged(daemon, "ev=notified"))

    asyncio.run(story())

    assert told(tmp_path) == ["down: ada", "down: ada"]


def test_what_a_command_failed_of_and_was_read_meanwhile_is_not_said_to_be_tried_again(tmp_path: Path):
    async def story() -> list[str]:
        async with telling(tmp_path, "exit 3") as (daemon, teller):
            put(daemon, teller, word("down: ada", of="ada"))
            await until(lambda: teller.failed)
            tried = notify.notices(daemon)
            on_board(daemon, "ada", read=True)
            at_once = tuple(replace(each, again_at=0.0) for each in teller.outbox.tried)
            teller.outbox = replace(teller.outbox, tried=at_once)
            teller.stirred.set()
            await until(lambda: not teller.outbox.pending)
            return [each.text for each in (*tried, *notify.notices(daemon))]

    fails = "the notify command tell, table 1 fails (exit 3); "
    assert asyncio.run(story()) == [
        f"{fails}it is tried again",
        f"{fails}those are over by now; it runs again with the next one",
    ]
