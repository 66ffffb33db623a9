"""What is attached is the file that its path leads to."""

from pathlib import Path

import pytest

from tests.cli.answers import sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub


@pytest.mark.parametrize("path", ["link/../plan.txt", "./link/../plan.txt"])
def test_a_path_over_a_link_leads_the_daemon_where_it_leads_the_person(
    daemon: Stub, peerd: Peerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
):
    (tmp_path / "there" / "deep").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "there" / "deep")
    (tmp_path / "there" / "plan.txt").write_text("right")
    (tmp_path / "here" / "plan.txt").write_text("wrong")
    monkeypatch.chdir(tmp_path / "here")
    daemon.answers = {"message.send": sent(id="m-1")}

    peerd("send", "ada", "see", "--attach", path)

    [attached] = daemon.asked[0][1]["attach"]
    assert (Path(attached).is_absolute(), Path(attached).read_text()) == (True, "right")


def test_no_path_is_not_the_folder_one_is_in(daemon: Stub, peerd: Peerd):
    ran = peerd("send", "ada", "see", "--attach", "")

    assert (ran.code, ran.err) == (2, "peerd: --attach '': give the path of a file. Nothing was sent.\n")
    assert daemon.asked == []
