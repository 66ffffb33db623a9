"""What is being copied for others counts as room that is taken, and what is sent to many is copied once."""

import asyncio
import threading
from collections.abc import Awaitable
from pathlib import Path

import pytest

from peerd.daemon import attachments
from peerd.daemon.attachments import ROOM_LEFT_BYTES, Copies
from peerd.daemon.context import Daemon
from peerd.edges import contents
from peerd.errors import PeerdError, TryAgain
from tests.daemon.test_ends_over_files import begun, notes

__all__ = ["notes"]

SIZE = len("as it was")


@pytest.fixture(autouse=True)
def room_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk has room for one copy of the notes, and says so whatever is on it."""
    monkeypatch.setattr(contents, "room_in", lambda folder: ROOM_LEFT_BYTES + SIZE)


async def attaching(daemon: Daemon, path: Path, copies: Copies | None = None) -> str:
    """The digest of it, once it is beside a message that is refused."""
    async with attachments.taken(daemon, [str(path)], copies) as (file,):
        assert contents.kept(daemon.home.attachments) == [file.digest]
        return file.digest


def outcomes(root: Path, *work: list[Copies | None]) -> list[str | PeerdError]:
    """Of what is attached at the same time, one batch after the other."""

    async def main() -> list[str | PeerdError]:
        daemon, found = begun(root), list[str | PeerdError]()
        for batch in work:
            each: list[Awaitable[str]] = [attaching(daemon, root / "notes.txt", copies) for copies in batch]
            found += await asyncio.gather(*each, return_exceptions=True)  # type: ignore[arg-type]
        assert (contents.kept(daemon.home.attachments), daemon.receipts.copying) == ([], 0)
        await daemon.store.close()
        return found

    return asyncio.run(main())


def test_two_senders_at_the_same_time_are_not_both_given_the_room_of_one(
    tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
):
    both, looks = threading.Barrier(2, timeout=20), iter((True, True))

    def room_in(folder: str) -> int:
        if next(looks, False):
            both.wait()
        return ROOM_LEFT_BYTES + SIZE

    monkeypatch.setattr(contents, "room_in", room_in)
    *at_once, later = outcomes(tmp_path, [None, None], [None])

    (refused,) = (each for each in at_once if isinstance(each, TryAgain))
    assert f"no room for {SIZE} bytes more. Nothing was sent" in str(refused)
    assert later in at_once


def test_what_goes_to_many_at_the_same_time_is_copied_once_for_them_all(tmp_path: Path, notes: Path):
    copies = Copies()

    found = outcomes(tmp_path, [copies] * 5, [copies])

    assert len({str(each) for each in found}) == 1
    assert not isinstance(found[0], PeerdError)


def test_what_cannot_be_attached_is_refused_for_each_of_them_and_read_anew_for_who_comes_later(tmp_path: Path):
    copies = Copies()

    async def main() -> None:
        daemon, path = begun(tmp_path), tmp_path / "notes.txt"
        together = [attaching(daemon, path, copies) for _ in range(3)]
        refused = await asyncio.gather(*together, return_exceptions=True)
        path.write_text("as it was")
        await attaching(daemon, path, copies)
        await daemon.store.close()
        assert all("No such file" in str(each) for each in refused)

    asyncio.run(main())
