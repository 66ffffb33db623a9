"""Specs that are links, as where they are kept in a repository of their own: they stay links, whatever is done."""

import os
from pathlib import Path

import pytest

from peerd.daemon.stale_specs import is_old, stamp
from peerd.errors import TryAgain, UsageError
from peerd.model.peer import PeerName
from peerd.specwrite import move_spec, replace_spec, try_rewriting
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux


@pytest.fixture
def kept(up: Team) -> Path:
    """Ada's spec, as it lies elsewhere: for others to read, with a comment."""
    up.add("ada", "actor")
    (up.root / "dotfiles").mkdir()
    kept, link = up.root / "dotfiles" / "ada.toml", file_of(up, "ada")
    kept.write_text(f"# ours\n{link.read_text()}")
    kept.chmod(0o644)
    link.unlink()
    link.symlink_to(os.path.relpath(kept, link.parent))
    return kept


def test_an_edit_is_written_where_the_link_leads_and_both_stay_as_they_were(up: Team, kept: Path):
    assert up.run("edit", "ada", "--set", "idle_s=600").code == 0

    assert file_of(up, "ada").resolve() == kept
    assert file_of(up, "ada").is_symlink()
    assert (kept.read_text().startswith("# ours\n"), "idle_s = 600" in kept.read_text()) == (True, True)
    assert kept.stat().st_mode & 0o777 == 0o644
    assert os.listdir(kept.parent) == ["ada.toml"]
    assert up.show("ada")["spec"]["idle_s"] == 600


def test_a_team_that_changes_it_writes_there_too(up: Team, kept: Path):
    team = up.root / "team.toml"
    team.write_text(f'[peers.ada]\nruntime = "actor"\ndir = "{up.work}"\nidle_s = 600\n')

    assert up.run("up", str(team), "--yes").code == 0

    assert (file_of(up, "ada").is_symlink(), "idle_s = 600" in kept.read_text()) == (True, True)


def test_its_mode_stays_also_of_one_that_is_no_link(up: Team):
    up.add("ada", "actor")
    file_of(up, "ada").chmod(0o640)

    up.call("peer.edit", peer="ada", set={"idle_s": "600"})

    assert file_of(up, "ada").stat().st_mode & 0o777 == 0o640


def test_a_rename_renames_the_link_and_the_name_that_is_said_where_it_leads(up: Team, kept: Path):
    ran = up.run("rename", "ada", "eve")

    assert (ran.code, ran.err) == (0, "")
    assert (file_of(up, "ada").is_symlink(), file_of(up, "eve").resolve()) == (False, kept)
    assert kept.read_text().startswith('# ours\nname = "eve"\n')
    assert [each["peer"] for each in up.call("peer.list")["peers"]] == ["eve"]


def test_a_rename_is_refused_before_anything_is_done_where_what_the_link_leads_to_takes_no_writes(up: Team, kept: Path):
    up.call("peer.wake", peer="ada")
    session, unwritable = up.session("ada").id, kept.parent / ("x" * 250)  # a draft's name has no room beside it
    kept.rename(unwritable)
    file_of(up, "ada").unlink()
    file_of(up, "ada").symlink_to(unwritable)

    ran = up.run("rename", "ada", "eve")

    assert (ran.code, ran.err.startswith(f"peerd: {file_of(up, 'ada')} is a link to {unwritable}, which ")) == (
        75,
        True,
    )
    assert "File name too long. Mend that, or put a copy in the link's place, then try again. Nothing was" in ran.err
    assert (up.session("ada").id, os.listdir(up.home.peers)) == (session, ["ada.toml"])
    assert unwritable.read_text().startswith('# ours\nname = "ada"\n')


def test_what_is_tried_beforehand_leaves_every_byte_as_it_was(tmp_path: Path):
    kept, link = tmp_path / "kept", tmp_path / "ada.toml"
    kept.write_bytes(b'name = "ada"\r\n# \xc3\xa9\n')
    kept.chmod(0o640)
    link.symlink_to("kept")

    try_rewriting(str(link))

    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (b'name = "ada"\r\n# \xc3\xa9\n', 0o640)
    assert (link.is_symlink(), sorted(os.listdir(tmp_path))) == (True, ["ada.toml", "kept"])


def test_where_nothing_can_be_written_is_named_and_nothing_is_left_there(tmp_path: Path):
    link = tmp_path / "ada.toml"
    link.symlink_to("/proc/version")

    with pytest.raises(TryAgain, match=f"{link}, a link to /proc/version: .*Nothing was changed; mend that"):
        replace_spec(str(link), 'name = "ada"')

    assert (os.listdir(tmp_path), link.is_symlink()) == (["ada.toml"], True)


@pytest.mark.parametrize("until", ["the link", "the text"])
def test_a_rename_that_was_cut_short_is_gone_on_with(tmp_path: Path, until: str):
    kept, ada, eve = (tmp_path / name for name in ("kept", "ada.toml", "eve.toml"))
    kept.write_text('name = "ada"\n')
    ada.symlink_to("kept")
    was = stamp(str(ada))
    eve.symlink_to("kept")
    if until == "the text":
        replace_spec(str(ada), 'name = "eve"\n')
    assert is_old(str(tmp_path), PeerName("ada"), PeerName("eve"), was)

    move_spec(str(ada), str(eve), "eve")

    assert (sorted(os.listdir(tmp_path)), kept.read_text()) == (["eve.toml", "kept"], 'name = "eve"\n')


def test_a_removal_takes_the_link_and_leaves_what_it_leads_to(up: Team, kept: Path):
    assert up.run("rm", "ada").out == f"ada is removed. Its spec was a link; {kept} stays.\n"

    assert (file_of(up, "ada").is_symlink(), kept.exists()) == (False, True)


@pytest.fixture
def nowhere(up: Team, kept: Path) -> str:
    """What is told of ada's spec, which is a link to nothing by now."""
    kept.rename(up.root / "elsewhere")
    return f"{file_of(up, 'ada')} is a link to {kept}, which is not there"


@pytest.mark.parametrize(
    "words", [("rename", "ada", "eve"), ("edit", "ada", "--set", "idle_s=5")], ids=lambda each: each[0]
)
def test_who_changes_one_whose_link_leads_to_nothing_is_told_so(up: Team, nowhere: str, words: tuple[str, ...]):
    ran = up.run(*words)

    assert (ran.code, ran.err) == (78, f"peerd: {nowhere}. Put it back, or remove the link.\n")
    told = f"spec: not taken up: {nowhere}. Put it back, or remove the link. Until then the last spec of ada holds"
    eventually(lambda: told in up.run("show", "ada").out)
    assert file_of(up, "ada").is_symlink()


def test_who_removes_it_is_told_of_nothing_that_stays_and_the_name_is_free(up: Team, nowhere: str):
    assert up.run("rm", "ada").out == "ada is removed.\n"

    assert os.listdir(up.home.peers) == []
    up.add("ada", "actor")


def test_who_adds_a_peer_where_a_link_leads_to_nothing_is_told_to_remove_that(up: Team, nowhere: str):
    up.call("peer.remove", peer="ada")
    file_of(up, "ada").symlink_to(nowhere.split()[5].rstrip(","))

    with pytest.raises(UsageError, match=f"{nowhere}. Remove the link, then add the peer again. Nothing was added"):
        up.add("ada", "actor")
