"""Fixtures of the command line's tests: a home of their own, a daemon that is a stub, and the command in process."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from peerd.cli import main
from tests.cli.answers import IN_INBOX, message, sent
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


@pytest.fixture
def env(home: Path, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TERM": "xterm", "TMPDIR": str(tmp_path), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def asked(daemon: Stub, env: dict[str, str]) -> Stub:
    """ada asks m-1, then m-2."""
    rows = [IN_INBOX | {"id": id} for id in ("m-1", "m-2")]
    daemon.answers = {
        "inbox.list": {"messages": rows, "unread": 2, "more": False, "left_out": []},
        "message.show": message(to="operator", body="may I?", state="accepted", **{"from": "ada"}),
        "message.read": {},
        "message.send": sent(id="m-3"),
    }
    return daemon
