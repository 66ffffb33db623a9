"""Files beside messages: copied when they are sent, before their message is on record; handed over as copies in the
folder of the session that is given it; collected once no message on record has them."""

import asyncio
import os
import re
import unicodedata
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import chain, count

from peerd.adapter import Place
from peerd.daemon.context import Daemon
from peerd.edges import contents
from peerd.errors import NoAnswer, StoreError, TryAgain, UsageError
from peerd.model.message import ATTACHED_MAX, ATTACHED_MAX_BYTES, Attachment, Message

NAME_MAX_BYTES = 100
ROOM_LEFT_BYTES = 16 << 20
"""On the disk, beside what is attached: messages and what becomes of them must find room too."""

BATCH = 500


class Copies:
    """Of what goes beside the messages of one command: made once for all that are sent at the same time, and not
    collected until the last of these is on record, or refused."""

    def __init__(self) -> None:
        self.users = 0
        self.making: asyncio.Task[tuple[Attachment, ...]] | None = None
        self.pinned: list[str] = []  # their digests


@asynccontextmanager
async def taken(
    daemon: Daemon, paths: Sequence[str], copies: Copies | None = None
) -> AsyncIterator[tuple[Attachment, ...]]:
    """Their contents, on disk and not collected inside the block; what no message has after it is removed. A file that
    changes meanwhile is what was read of it. `copies`: of those who are sent the same. Raises UsageError for what
    cannot be attached, TryAgain where the disk takes nothing; then nothing is left. Where the daemon ends inside the
    block, the message may get on disk yet: what is of none is for the next one to collect."""
    copies = copies or Copies()
    copies.users += 1
    try:
        yield await _made(daemon, paths, copies) if paths else ()
    except asyncio.CancelledError:
        copies.pinned = []
        raise
    finally:
        copies.users -= 1
        if not copies.users:
            await _unpin(daemon, copies)


async def _made(daemon: Daemon, paths: Sequence[str], copies: Copies) -> tuple[Attachment, ...]:
    if copies.making is None:
        copies.making = asyncio.create_task(_taken(daemon, paths, copies.pinned))
    return await copies.making


async def _unpin(daemon: Daemon, copies: Copies) -> None:
    """Who comes from now on has them made anew."""
    pinned, copies.pinned, copies.making = copies.pinned, [], None
    for digest in pinned:
        daemon.receipts.attaching[digest] -= 1
    if pinned:
        _let_go(daemon, pinned)
        await asyncio.to_thread(contents.clear, daemon.home.attachments)


async def _taken(daemon: Daemon, paths: Sequence[str], pinned: list[str]) -> tuple[Attachment, ...]:
    folder, found, left = daemon.home.attachments, list[Attachment](), ATTACHED_MAX_BYTES
    size = await _size(daemon, paths)
    try:
        async with _room(daemon, size):
            for path, name in zip(paths, names(paths), strict=True):
                copied = await _copied(daemon, path, folder, left)
                await asyncio.to_thread(contents.settle, copied)
                daemon.receipts.attaching[copied.digest] += 1  # first, and at once: nobody collects it
                pinned.append(copied.digest)
                contents.keep(copied, folder)
                found.append(Attachment(name, copied.digest, copied.size))
                left -= copied.size
            await asyncio.to_thread(contents.sync, folder)
    except StoreError as error:
        raise TryAgain(f"{error}. The message was not accepted; make room, then send it again.") from error
    return tuple(found)


@asynccontextmanager
async def _room(daemon: Daemon, size: int) -> AsyncIterator[None]:
    """For so many bytes, beside what is being copied for others; what of that is on disk already counts twice. Raises
    TryAgain before anything is copied."""
    folder, receipts = daemon.home.attachments, daemon.receipts
    receipts.copying += size
    try:
        wanted = receipts.copying  # before the look: who is done by then was counted, who comes later counts this
        if wanted + ROOM_LEFT_BYTES > await asyncio.to_thread(contents.room_in, folder):
            raise TryAgain(f"{folder}: no room for {size} bytes more. Nothing was sent; make room, then send it again.")
        yield
    finally:
        receipts.copying -= size


async def _copied(daemon: Daemon, path: str, folder: str, most: int) -> contents.Copied:
    try:
        never = daemon.home.store_files
        return await daemon.files.go_on(path, contents.copy_in, path, folder, most, never)
    except OSError as error:
        raise _unfit(path, error) from error
    except NoAnswer as error:
        raise _silent(error) from error


async def _size(daemon: Daemon, paths: Sequence[str]) -> int:
    """Of them all, before anything is copied. Raises UsageError."""
    _refuse_many(paths)
    size = 0
    for path in paths:
        if not os.path.isabs(path):
            raise UsageError(f"attached {path!r}: give its whole path. Nothing was sent.")
        try:
            size += await daemon.files.ask(path, contents.size_of, path, daemon.home.store_files)
        except (OSError, ValueError) as error:
            raise _unfit(path, error) from error
        except NoAnswer as error:
            raise _silent(error) from error
    if size > ATTACHED_MAX_BYTES:
        raise UsageError(
            f"the files attached have {size} bytes; at most {ATTACHED_MAX_BYTES} in all. "
            f"Send their paths instead. Nothing was sent."
        )
    return size


def _unfit(path: str, error: OSError | ValueError) -> UsageError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return UsageError(f"attached {path!r}: {why}. Only regular files can be attached. Nothing was sent.")


def _silent(error: NoAnswer) -> NoAnswer:
    return NoAnswer(f"attached {error} Nothing was sent; once it is, send it again.")


def names(paths: Sequence[str]) -> tuple[str, ...]:
    """As which they are handed over: letters, digits, `.`, `_` and `-`, no two alike whatever the case. Raises
    UsageError for more than there may be."""
    _refuse_many(paths)
    found: dict[str, str] = {}
    for path in paths:
        name = _safe(os.path.basename(path))
        stem, dot, end = name.partition(".")
        numbered = (_cut(stem, f"_{n}{dot}{end}") for n in count(2))
        name = next(each for each in chain((name,), numbered) if each.casefold() not in found)
        found[name.casefold()] = name
    return tuple(found.values())


def _refuse_many(paths: Sequence[str]) -> None:
    if len(paths) > ATTACHED_MAX:
        raise UsageError(f"{len(paths)} files are attached; at most {ATTACHED_MAX}. Nothing was sent.")


def unread(paths: Sequence[str]) -> tuple[Attachment, ...]:
    """As they will be beside a message, before anything of them is read. Raises UsageError as `names`."""
    return tuple(Attachment(name, "", 0) for name in names(paths))


def _safe(name: str) -> str:
    """Neither hidden nor like an option."""
    plain = re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", name)).lstrip(".-")
    stem, dot, end = (plain or "file").rpartition(".")
    return _cut(stem, dot + end) if stem else _cut(end, "")


def _cut(stem: str, end: str) -> str:
    """At most so many bytes, of the end too; what an end keeps the longest is said by its last dot."""
    end = end.encode()[: NAME_MAX_BYTES // 2].decode(errors="ignore")
    room = NAME_MAX_BYTES - len(end.encode())
    return stem.encode()[:room].decode(errors="ignore") + end


async def are_those(daemon: Daemon, attached: Sequence[Attachment], paths: Sequence[str]) -> bool:
    """Whether a message that is on record with these was sent with what the paths lead to. What cannot be read any more
    goes by its name: the message was accepted once."""
    if len(paths) != len(attached) or names(paths) != tuple(each.name for each in attached):
        return False
    for each, path in zip(attached, paths, strict=True):
        try:
            digest = await daemon.files.go_on(
                path, contents.digest_of, path, ATTACHED_MAX_BYTES, daemon.home.store_files
            )
        except (OSError, ValueError):
            continue
        except NoAnswer:
            return True
        if digest != each.digest:
            return False
    return True


async def hand_over(daemon: Daemon, place: Place, message: Message) -> None:
    """Where its text says that they are. Raises OSError where they cannot be now, ContentLost where they never can."""
    if message.attachments:
        wanted = [(each.name, each.digest) for each in message.attachments]
        await asyncio.to_thread(contents.hand_out, daemon.home.attachments, wanted, place.handed(message))


async def begin(daemon: Daemon) -> None:
    """Before anything is sent: what a daemon before left half written goes, and what no message has."""
    await asyncio.to_thread(contents.clear, daemon.home.attachments, contents.DRAFT)
    await asyncio.to_thread(_clear_halves, daemon.home.sessions)
    await collect(daemon)


def _clear_halves(sessions: str) -> None:
    for session in os.listdir(sessions) if os.path.isdir(sessions) else ():
        with suppress(OSError):  # a folder that cannot be read keeps no daemon from its work
            contents.clear_halves(os.path.join(sessions, session, "files"))


async def collect(daemon: Daemon) -> tuple[int, int]:
    """Removes contents that no message on record has. Returns how many, and their bytes."""
    folder, gone = daemon.home.attachments, 0
    kept = await asyncio.to_thread(contents.kept, folder)
    for at in range(0, len(kept), BATCH):
        gone += _let_go(daemon, kept[at : at + BATCH])
        await asyncio.sleep(0)
    return gone, await asyncio.to_thread(contents.clear, folder)


def _let_go(daemon: Daemon, digests: Sequence[str]) -> int:
    """At once, so that no message comes to have one between the look and its end."""
    daemon.receipts.attaching += type(daemon.receipts.attaching)()  # without those that nobody has any more
    needed = daemon.store.reader.attached(digests) | daemon.receipts.attaching.keys()
    gone = [digest for digest in set(digests) if digest not in needed]
    for digest in gone:
        contents.let_go(daemon.home.attachments, digest)
    return len(gone)
