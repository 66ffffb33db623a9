"""Commands that tell a person, as people write them: what is refused, and in which words."""

from pathlib import Path

import pytest

from peerd.config import read_settings
from peerd.errors import ConfigError
from peerd.model.notice import Severity
from peerd.model.notify import Notify


def written(folder: Path, text: str) -> str:
    file = folder / "peerd.toml"
    file.write_text(f"[[notify]]\n{text}\n")
    return str(file)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("command = []", "notify, table 1: command: give a program and its words"),
        (r'command = ["a\u0000"]', "notify, table 1: command: no word of it may hold a NUL"),
        ('command = ["a"]\nquiet = "24:00-07:00"', 'quiet = "24:00-07:00": give two times of a day'),
        ('command = ["a"]\nabout = []', "about: give at least one of notice, message, approval"),
        ('command = ["a"]\nmin = "loud"', "Invalid enum value 'loud'"),
        ('command = ["a"]\nshell = true', "unknown field `shell`"),
    ],
)
def test_a_command_that_could_tell_nothing_is_refused(tmp_path: Path, text: str, told: str):
    with pytest.raises(ConfigError) as refused:
        read_settings(written(tmp_path, text))

    assert told in str(refused.value)


def test_a_command_is_read_as_it_is_written(tmp_path: Path):
    text = 'command = ["tell", "{title}"]\nmin = "urgent"\nquiet = "22:00-07:00"\nabout = ["message"]\nbody = true'
    file = written(tmp_path, text)

    assert read_settings(file).notify == (
        Notify(command=("tell", "{title}"), min=Severity.URGENT, quiet="22:00-07:00", about=("message",), body=True),
    )
