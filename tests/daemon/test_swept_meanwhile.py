"""What is swept from the folders of sessions while files are put there."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.daemon import attachments, retention
from peerd.daemon.context import Daemon
from peerd.edges import contents
from peerd.model.message import Attachment, MessageId, Task
from peerd.model.session import SessionId
from tests.build import M1, message
from tests.daemon.test_ends_over_files import begun, notes

__all__ = ["notes"]


async def settled(root: Path, notes: Path, id: MessageId) -> tuple[Daemon, Attachment, Path]:
    """A daemon, what goes beside a message of this id, and where that is handed out."""
    daemon = begun(root)
    copied = contents.copy_in(str(notes), daemon.home.attachments, 100)
    contents.keep(copied, daemon.home.attachments)
    beside = Attachment("a", copied.digest, copied.size)
    await daemon.store.accept(message(id=id, attachments=(beside,)), Task.OPEN)
    return daemon, beside, Path(daemon.home.session(SessionId("s-1")), "files")


async def swept_amid(root: Path, notes: Path, id: MessageId) -> tuple[list[str], list[str]]:
    """What is in the session's folder once all was handed out, and in that of the message."""
    daemon, beside, files = await settled(root, notes, id)
    loop = asyncio.get_running_loop()
    (files / "m-of-none").mkdir(parents=True)

    def wanted() -> Iterator[tuple[str, str]]:
        yield "a", beside.digest
        asyncio.run_coroutine_threadsafe(retention.keep_bounds(daemon), loop).result(10)
        yield "b", beside.digest

    await asyncio.to_thread(contents.hand_out, daemon.home.attachments, wanted(), str(files / id))
    await daemon.store.close()
    return sorted(os.listdir(files)), sorted(os.listdir(files / id))


@pytest.mark.parametrize("id", ["m-1", "draft-m-1", "a.b.c"])
def test_files_that_are_being_handed_out_are_not_swept(tmp_path: Path, notes: Path, id: str):
    assert asyncio.run(swept_amid(tmp_path / "home", notes, MessageId(id))) == ([id], ["a", "b"])


async def begun_after_a_kill(root: Path, notes: Path) -> list[str]:
    daemon, beside, files = await settled(root, notes, M1)
    contents.hand_out(daemon.home.attachments, [("a", beside.digest)], str(files / M1))

    def killed() -> Iterator[tuple[str, str]]:
        yield "a", beside.digest
        shutil.copytree(next(files.glob(".*")), files / ".draft-left")
        yield "b", beside.digest

    contents.hand_out(daemon.home.attachments, killed(), str(files / "m-2"))
    shutil.rmtree(files / "m-2")
    assert sorted(os.listdir(files)) == [".draft-left", "m-1"]

    await attachments.begin(daemon)

    await daemon.store.close()
    return sorted(os.listdir(files))


def test_what_a_daemon_was_killed_over_is_not_left_in_the_folder_of_a_session(tmp_path: Path, notes: Path):
    assert asyncio.run(begun_after_a_kill(tmp_path / "home", notes)) == ["m-1"]
