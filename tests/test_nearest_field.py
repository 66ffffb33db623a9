"""A field that there is not is told with the one whose name is nearest."""

from pathlib import Path

import pytest

from peerd.errors import UsageError
from peerd.specfile import read_spec
from peerd.specwrite import edited, spec_from

MINIMAL = 'name = "ada"\nruntime = "actor"\ndir = "/tmp"\n'


def test_of_a_file_that_says_it(tmp_path: Path):
    file = tmp_path / "ada.toml"
    file.write_text(f"{MINIMAL}idel_s = 5\n")

    (odd,) = read_spec(str(file)).odd

    assert odd.endswith("it goes by its other fields. Did you mean 'idle_s'?")


def test_of_a_peer_that_is_added_or_edited():
    told = r"policy: no such field\. Did you mean 'wake_policy'\? Fields: name, runtime, dir"

    with pytest.raises(UsageError, match=f"^--set {told}"):
        spec_from({"name": "ada", "runtime": "actor", "dir": "/tmp"}, {"policy": "ephemeral"})
    with pytest.raises(UsageError, match=f"^{told}"):
        edited(MINIMAL, {"policy": "ephemeral"})
