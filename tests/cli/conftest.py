"""Fixtures of the command line's tests: a home of their own, a daemon that is a stub, and the command in process."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from peerd.cli import main
from tests.cli.stub import Stub


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Peerd = Callable[..., Ran]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """PEERD_HOME, short enough for sockets; no daemon, no session, no token."""
    folder = Path(tempfile.mkdtemp(prefix="peerd-", dir="/tmp"))
    (folder / "run").mkdir(mode=0o700)
    for name in ("PEERD_SOCKET", "PEERD_TOKEN", "PEERD_SESSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PEERD_HOME", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def daemon(home: Path) -> Iterator[Stub]:
    stub = Stub(home / "run" / "peerd.sock")
    yield stub
    stub.end()


@pytest.fixture
def peerd(home: Path, capsys: pytest.CaptureFixture[str]) -> Peerd:
    """Runs a command in this process."""

    def run(*words: str) -> Ran:
        capsys.readouterr()
        code = main(list(words))
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture(params=[False, True], ids=["buffered", "unbuffered"])
def buffered(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What people have, and what tests may be run with."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    if request.param:
        monkeypatch.setenv("PYTHONUNBUFFERED", "1")
