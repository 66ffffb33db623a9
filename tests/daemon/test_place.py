"""The files of a session, and what is set in a configuration that is the peer's own."""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.adapter import Launch
from peerd.daemon.place import clear_tmp, lay_out, merged, place, write_private
from peerd.errors import ConfigError
from peerd.model.session import SessionId
from peerd.paths import home
from tests.build import spec


@pytest.fixture
def root() -> Iterator[Path]:
    """With a name short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="peerd-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def test_folders_are_ours_alone_and_the_temporary_one_goes(root: Path):
    where = place(home({"PEERD_HOME": str(root)}), SessionId("s-1"), spec())

    lay_out(where, Launch(argv=("x",), files={"settings.json": "{}"}, own={"state.json": {"a": 1}}))

    for folder in (where.folder, where.tmp, where.own):
        assert os.stat(folder).st_mode & 0o777 == 0o700
    for file in (f"{where.folder}/settings.json", f"{where.own}/state.json"):
        assert os.stat(file).st_mode & 0o777 == 0o600
    asyncio.run(clear_tmp(where))
    assert not os.path.exists(where.tmp)


def test_a_deep_home_has_a_short_temporary_folder_in_one_that_is_closed_to_others(root: Path):
    deep = home({"PEERD_HOME": str(root / ("deep" * 30)), "XDG_RUNTIME_DIR": str(root)})
    where = place(deep, SessionId("s-1"), spec())

    lay_out(where, Launch(argv=("x",)))

    assert len(where.tmp) + 40 <= 107
    assert [os.stat(each).st_mode & 0o777 for each in (where.tmp, os.path.dirname(where.tmp))] == [0o700, 0o700]


def test_keys_are_set_and_others_left(root: Path):
    where = place(home({"PEERD_HOME": str(root)}), SessionId("s-1"), spec())
    os.makedirs(where.own)
    file = Path(where.own, "state.json")
    file.write_text(json.dumps({"count": 7, "projects": {"/a": {"trusted": True}}, "keys": ["x"]}))

    lay_out(where, Launch(argv=("x",), own={"state.json": {"projects": {"/b": {"trusted": True}}, "keys": ["y"]}}))

    projects = {"/a": {"trusted": True}, "/b": {"trusted": True}}
    assert json.loads(file.read_text()) == {"count": 7, "projects": projects, "keys": ["x", "y"]}


def test_what_is_set_already_is_not_written_again(root: Path):
    where = place(home({"PEERD_HOME": str(root)}), SessionId("s-1"), spec())
    os.makedirs(where.own)
    file = Path(where.own, "state.json")
    file.write_text('{"a":1}')

    lay_out(where, Launch(argv=("x",), own={"state.json": {"a": 1}}))

    assert file.read_text() == '{"a":1}'


@pytest.mark.parametrize("text", ["{", "[1]", "[" * 100_000], ids=["broken", "a list", "deep"])
def test_a_file_that_is_no_object_is_left_and_said(root: Path, text: str):
    where = place(home({"PEERD_HOME": str(root)}), SessionId("s-1"), spec())
    os.makedirs(where.own)
    file = Path(where.own, "state.json")
    file.write_text(text)

    with pytest.raises(ConfigError, match="state.json is not (a )?JSON"):
        lay_out(where, Launch(argv=("x",), own={"state.json": {"a": 1}}))

    assert file.read_text() == text


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(root: Path):
    where = place(home({"PEERD_HOME": str(root)}), SessionId("s-1"), spec())
    os.makedirs(where.own)
    os.mkfifo(os.path.join(where.own, "state.json"))
    os.mkfifo(os.path.join(root, "task.json"))

    with pytest.raises(OSError, match=r"not a regular file: '.*state.json"):
        lay_out(where, Launch(argv=("x",), own={"state.json": {"a": 1}}))
    with pytest.raises(OSError, match="No such device"):
        write_private(os.path.join(root, "task.json"), "{}")


def test_merging_changes_neither_side():
    held, keys = {"a": {"b": [1]}}, {"a": {"b": [2]}}

    assert merged(held, keys) == {"a": {"b": [1, 2]}}
    assert (held, keys) == ({"a": {"b": [1]}}, {"a": {"b": [2]}})
