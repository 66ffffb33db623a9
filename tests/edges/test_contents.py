"""Contents by their digest: each kept once and whole, handed out as copies, and nothing half written left."""

import os
import shutil
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from peerd.edges import contents
from peerd.errors import ContentLost, StoreError

MANY = 1 << 20


def kept(source: Path, folder: Path) -> str:
    copied = contents.copy_in(str(source), str(folder), MANY)
    contents.keep(copied, str(folder))
    return copied.digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "attachments"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"said\n" * 100)
    return path


def test_a_content_is_kept_once_under_its_digest_for_its_owner_alone(source: Path, folder: Path):
    digests = {kept(source, folder), kept(source, folder)}

    assert (
        digests
        == {sha256(source.read_bytes()).hexdigest()}
        == set(os.listdir(folder))
        == set(contents.kept(str(folder)))
    )
    (content,) = folder.iterdir()
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, content)] == [0o700, 0o600]


def test_a_link_is_followed_to_a_regular_file(source: Path, folder: Path, tmp_path: Path):
    (tmp_path / "link").symlink_to(source)

    assert contents.size_of(str(tmp_path / "link")) == 500
    assert kept(tmp_path / "link", folder) == kept(source, folder)


def test_what_is_no_regular_file_is_refused_at_once(folder: Path, tmp_path: Path):
    os.mkfifo(tmp_path / "fifo")
    for path in (str(tmp_path / "fifo"), "/dev/zero", str(tmp_path)):
        with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
            contents.size_of(path)
        with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
            contents.copy_in(path, str(folder), MANY)

    assert not folder.exists() or os.listdir(folder) == []


def test_a_link_that_is_turned_after_the_look_brings_nothing_of_the_process_that_copies(
    source: Path, folder: Path, tmp_path: Path
):
    link, record = tmp_path / "link", tmp_path / "peerd.db"
    record.write_text("of the team")
    link.symlink_to(source)
    assert contents.size_of(str(link), [str(record)]) == 500

    for turned_to, why in (("/proc/self/environ", "another process"), (record, "the record of this team")):
        link.unlink()
        link.symlink_to(turned_to)
        with pytest.raises(OSError, match=why):
            contents.copy_in(str(link), str(folder), MANY, [str(record)])

    assert not folder.exists()


def test_a_file_that_has_grown_too_large_leaves_nothing(source: Path, folder: Path):
    with pytest.raises(OSError, match="too large"):
        contents.copy_in(str(source), str(folder), 499)

    assert os.listdir(folder) == []
    assert contents.digest_of(str(source), 499) is None


def test_a_folder_that_takes_nothing_is_the_stores_trouble(source: Path, folder: Path):
    folder.write_text("in the way")

    with pytest.raises(StoreError, match="could not be kept"):
        contents.copy_in(str(source), str(folder), MANY)


def test_it_is_handed_out_as_a_copy_that_changes_nothing_of_it(source: Path, folder: Path, tmp_path: Path):
    digest, to = kept(source, folder), tmp_path / "files" / "m-1"

    contents.hand_out(str(folder), [("a.txt", digest), ("b.txt", digest)], str(to))
    (to / "a.txt").chmod(0o600)
    (to / "a.txt").write_text("mine now")
    contents.hand_out(str(folder), [("a.txt", digest), ("b.txt", digest)], str(to))

    assert (folder / digest).read_bytes() == (to / "b.txt").read_bytes() == source.read_bytes()
    assert stat.S_IMODE((to / "b.txt").stat().st_mode) == 0o400
    assert (to / "a.txt").read_text() == "mine now"
    assert os.listdir(tmp_path / "files") == ["m-1"]


def a_folder(content: Path) -> None:
    content.unlink()
    content.mkdir()


def a_link(content: Path) -> None:
    content.unlink()
    content.symlink_to(os.devnull)


def no_folder(content: Path) -> None:
    shutil.rmtree(content.parent)
    content.parent.write_text("")


def another(content: Path) -> None:
    content.write_text("another")


@pytest.mark.parametrize("spoil", [Path.unlink, another, a_folder, a_link, no_folder])
def test_a_content_that_is_not_what_it_was_is_lost(
    source: Path, folder: Path, tmp_path: Path, spoil: Callable[[Path], None]
):
    digest = kept(source, folder)
    spoil(folder / digest)

    with pytest.raises(
        ContentLost, match=r"a\.txt, which was attached to it, (is not|no longer exists|cannot be read)"
    ):
        contents.hand_out(str(folder), [("a.txt", digest)], str(tmp_path / "files" / "m-1"))
    assert os.listdir(tmp_path / "files") == []


def test_what_keeps_a_content_from_its_reader_for_now_is_no_loss_of_it(source: Path, folder: Path, tmp_path: Path):
    digest = kept(source, folder)
    (tmp_path / "files").write_text("in the way")

    with pytest.raises(OSError, match="File exists"):
        contents.hand_out(str(folder), [("a.txt", digest)], str(tmp_path / "files" / "m-1"))


def test_what_is_let_go_is_cleared_and_drafts_only_where_that_is_said(source: Path, folder: Path):
    digest = kept(source, folder)
    (folder / "draft-x").write_text("half")

    contents.let_go(str(folder), digest)
    contents.let_go(str(folder), digest)
    freed = contents.clear(str(folder))

    assert (freed, contents.kept(str(folder)), os.listdir(folder)) == (500, [], ["draft-x"])
    assert contents.clear(str(folder), contents.DRAFT) == 4
    assert contents.clear(str(folder / "no such")) == 0
