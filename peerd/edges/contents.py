"""Contents of files, each kept once in one folder by its sha256, and copies of them. All of it blocks: in a thread.

A name in the folder is a digest, and then the content is whole and on disk; a `draft-` that is being written; or
`gone-` and a digest, which is about to be removed.
"""

import contextlib
import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from peerd.errors import ContentLost, StoreError
from peerd.plainfile import AT_ONCE, is_among, is_of_proc, is_of_who_opens, opened

CHUNK_BYTES = 1 << 16  # whoever waits for a part of it waits for no more than that of a slow disk
DIGEST = re.compile(r"[0-9a-f]{64}")
DRAFT, GONE = "draft-", "gone-"
HIDDEN = f".{DRAFT}"
LOST = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL, errno.EIO})
"""Why a content cannot be read, now or later: nothing is there, or something else, or its disk has lost it."""
OF_EACH_PROCESS = "another process finds another file there, or none"
OF_THE_RECORD = "it is open as the record of this team; attach a copy of it"


class Copied(NamedTuple):
    """A content under its draft's path."""

    draft: str
    digest: str
    size: int


def size_of(path: str, never: Sequence[str] = ()) -> int:
    """Bytes of a regular file, or of the one that a link leads to; nothing is opened. Raises OSError for all else, for
    what whoever asked finds there, and nobody else, and for what is `never` to be opened."""
    if is_of_who_opens(path):
        raise OSError(errno.EINVAL, OF_EACH_PROCESS, path)
    if is_among(path, never):
        raise OSError(errno.EINVAL, OF_THE_RECORD, path)
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
    return found.st_size


def room_in(folder: str) -> int:
    """Bytes that its disk has left, of those that make the folder where it is missing. Raises StoreError."""
    with _told(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


@contextlib.contextmanager
def _source(path: str, never: Sequence[str]) -> Iterator[int]:
    """A link may have been turned since `size_of`: raises OSError as that does, of what is open."""
    with opened(path, os.O_RDONLY | AT_ONCE) as source:
        if is_of_proc(source):
            raise OSError(errno.EINVAL, OF_EACH_PROCESS, path)
        if is_among(source, never):
            raise OSError(errno.EINVAL, OF_THE_RECORD, path)
        yield source


def copy_in(
    path: str, folder: str, most: int, never: Sequence[str] = (), goes_on: Callable[[], None] = lambda: None
) -> Copied:
    """What it holds as it is read; `goes_on` is called from part to part, and may end it. Raises OSError as `size_of`,
    or where it has more than `most` bytes by now; StoreError where the folder takes nothing. Nothing is left then."""
    with _source(path, never) as source, _draft(folder) as (target, draft):
        copied, digest = 0, sha256()
        while chunk := os.read(source, CHUNK_BYTES):
            goes_on()
            copied += len(chunk)
            if copied > most:
                raise OSError(errno.EFBIG, "it grew too large", path)
            digest.update(chunk)
            with _told(draft):
                _write(target, chunk)
        goes_on()
    return Copied(draft, digest.hexdigest(), copied)


def digest_of(
    path: str, most: int, never: Sequence[str] = (), goes_on: Callable[[], None] = lambda: None
) -> str | None:
    """None for what has more than `most` bytes. `goes_on` as of `copy_in`. Raises OSError as `size_of`."""
    size_of(path, never)
    with _source(path, never) as source:
        read, digest = 0, sha256()
        while chunk := os.read(source, CHUNK_BYTES):
            goes_on()
            read += len(chunk)
            if read > most:
                return None
            digest.update(chunk)
    return digest.hexdigest()


def settle(copied: Copied) -> None:
    """It is on disk under that once this returns. Raises StoreError; nothing is left then."""
    try:
        with _told(copied.draft), open(copied.draft, "rb") as draft:
            os.fsync(draft.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(copied.draft)
        raise


def keep(copied: Copied, folder: str) -> None:
    """What is settled: under its digest from now on; on disk there after `sync`. At once."""
    with _told(folder):
        os.replace(copied.draft, os.path.join(folder, copied.digest))


def sync(folder: str) -> None:
    with _told(folder):
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(held)
        finally:
            os.close(held)


def kept(folder: str) -> list[str]:
    """Digests; [] where there is no folder."""
    return sorted(filter(DIGEST.fullmatch, os.listdir(folder))) if os.path.isdir(folder) else []


def let_go(folder: str, digest: str) -> None:
    """It is kept no more. At once; what is left is for `clear`."""
    with contextlib.suppress(FileNotFoundError):
        os.rename(os.path.join(folder, digest), os.path.join(folder, GONE + digest))


def clear(folder: str, *leftovers: str) -> int:
    """Removes what was let go, and what else begins with one of these. Returns how many bytes that were."""
    freed = 0
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name.startswith((GONE, *leftovers)):
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):
                size = os.lstat(path).st_size
                os.unlink(path)
                freed += size
    return freed


def hand_out(folder: str, wanted: Iterable[tuple[str, str]], to: str) -> None:
    """A folder of copies, each under its name with the content of its digest, to be read by its owner alone. One that
    is there stays as it is: it was whole when it came. Until then it is hidden, beside that. Raises OSError for what
    may pass, ContentLost for a content that is not there, or is not what it was."""
    if os.path.isdir(to):
        return
    above = os.path.dirname(to)
    os.makedirs(above, mode=0o700, exist_ok=True)
    draft = tempfile.mkdtemp(prefix=HIDDEN, dir=above)
    try:
        for name, digest in wanted:
            try:
                _copy_out(os.path.join(folder, digest), digest, os.path.join(draft, name))
            except ContentLost as error:
                raise ContentLost(f"{name}, which was attached to it, {error}") from error
        os.rename(draft, to)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def handed(above: str) -> list[str]:
    """Names of what was handed out there; [] where that is no folder, or is just being removed."""
    return [name for name in _names(above) if not name.startswith(HIDDEN)]


def clear_halves(above: str) -> None:
    """What was not handed out whole. While nothing is handed out."""
    for name in _names(above):
        if name.startswith(HIDDEN):
            shutil.rmtree(os.path.join(above, name), ignore_errors=True)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def _copy_out(path: str, digest: str, to: str) -> None:
    """A copy and no hard link: what its reader does to it changes nothing that others are given."""
    found = sha256()
    target = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
    try:
        for chunk in _read(path):
            found.update(chunk)
            _write(target, chunk)
    finally:
        os.close(target)
    if found.hexdigest() != digest:
        raise ContentLost(f"is not what it was when it was sent: {path}")


def _read(path: str) -> Iterator[bytes]:
    try:
        with opened(path) as source:
            while chunk := os.read(source, CHUNK_BYTES):
                yield chunk
    except OSError as error:
        if error.errno not in LOST:
            raise
        why = "no longer exists" if error.errno == errno.ENOENT else f"cannot be read ({error.strerror})"
        raise ContentLost(f"{why}: {path}") from error


@contextlib.contextmanager
def _draft(folder: str) -> Iterator[tuple[int, str]]:
    """A descriptor to write to, and its path, 0600; the file stays unless something is raised."""
    with _told(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        target, path = tempfile.mkstemp(prefix=DRAFT, dir=folder)
    try:
        yield target, path
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(target)


def _write(target: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: what is attached could not be kept: {error.strerror}") from error
