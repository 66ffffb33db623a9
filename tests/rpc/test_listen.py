"""The socket file: closed to others from its first moment, and never made over somebody else's file."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.errors import ConfigError
from peerd.rpc.listen import bound_socket, file_id, passed_socket, remove_socket
from tests.rpc.serving import Serving


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
def test_the_socket_is_ours_alone_whatever_the_umask(folder: Path):
    path = folder / "run" / "peerd" / "peerd.sock"

    bound_socket(str(path), os.getuid()).close()

    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_nobody_gets_in_before_it_listens(folder: Path):
    bound = bound_socket(str(folder / "s"), os.getuid())

    with socket.socket(socket.AF_UNIX) as early, pytest.raises(ConnectionRefusedError):
        early.connect(str(folder / "s"))
    bound.close()


def test_a_stale_socket_is_replaced(folder: Path):
    bound_socket(str(folder / "s"), os.getuid()).close()

    again = bound_socket(str(folder / "s"), os.getuid())

    again.listen()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder / "s"))
    again.close()


@pytest.mark.parametrize(("what", "called"), [("mkdir", "a folder"), ("touch", "a file"), ("link", "a link")])
def test_a_path_that_is_no_socket_is_refused_by_name_and_left_alone(folder: Path, what: str, called: str):
    path = folder / "s"
    path.symlink_to("/nowhere") if what == "link" else getattr(path, what)()
    before = file_id(str(path))

    with pytest.raises(ConfigError, match=f"{path} is {called}, not a socket"):
        bound_socket(str(path), os.getuid())

    assert file_id(str(path)) == before


def test_a_folder_open_to_others_is_refused_and_left_as_it_is(folder: Path):
    folder.chmod(0o755)

    with pytest.raises(ConfigError, match=rf"{folder}: .* mode 755. `chmod 700` it"):
        bound_socket(str(folder / "s"), os.getuid())

    assert mode(folder) == 0o755


def test_a_folder_of_another_user_is_refused(folder: Path):
    with pytest.raises(ConfigError, match="needs a folder of your own"):
        bound_socket(str(folder / "s"), os.getuid() + 1)


def test_a_path_too_long_for_a_socket_is_refused_by_name(folder: Path):
    with pytest.raises(ConfigError, match="cannot listen there: AF_UNIX path too long"):
        bound_socket(str(folder / ("x" * 120)), os.getuid())


def test_closing_removes_the_socket(serving: Serving):
    serving.run(serving.server.close(0))

    assert not Path(serving.path).exists()


def test_closing_leaves_the_socket_of_a_successor(serving: Serving):
    os.unlink(serving.path)
    bound_socket(serving.path, os.getuid()).close()

    serving.run(serving.server.close(0))

    assert Path(serving.path).exists()


def test_a_socket_file_that_is_gone_already_is_no_error(folder: Path):
    remove_socket(str(folder / "s"), (1, 2))


def test_a_socket_that_was_passed_is_taken_when_it_listens_on_this_path(folder: Path):
    bound = bound_socket(str(folder / "s"), os.getuid())
    bound.listen()

    with passed_socket(bound.detach(), str(folder / "s")) as taken, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder / "s"))
        taken.accept()[0].close()


def test_what_was_passed_and_is_not_that_socket_is_refused(folder: Path):
    silent = bound_socket(str(folder / "s"), os.getuid())
    elsewhere = bound_socket(str(folder / "t"), os.getuid())
    elsewhere.listen()

    with pytest.raises(ConfigError, match="passed no unix socket that listens, and this home's"):
        passed_socket(silent.detach(), str(folder / "s"))
    with pytest.raises(ConfigError, match=f"passed {folder}/t, and this home's socket is {folder}/s"):
        passed_socket(elsewhere.detach(), str(folder / "s"))


def test_a_passed_descriptor_that_is_no_socket_is_refused(folder: Path):
    with (folder / "file").open("w") as file, pytest.raises(ConfigError, match="is not a socket"):
        passed_socket(file.fileno(), str(folder / "s"))
