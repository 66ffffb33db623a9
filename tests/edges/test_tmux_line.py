"""Quoting, by the only judge there is: a tmux server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from peerd.edges.tmux.control import Control
from peerd.edges.tmux.line import argument, command, quote
from peerd.errors import TmuxError
from tests.edges.tmux_home import TmuxHome
from tests.eventually import eventually

pytestmark = pytest.mark.tmux

TEXT = st.text(st.characters(min_codepoint=1, codec="utf-8"), min_size=1, max_size=60)
NASTY = st.text(st.sampled_from("\"'\\$~#%{};,=-@ \t\n\r\x1b\x7fa0é👩"), min_size=1, max_size=20)
BYTES = st.binary(min_size=1, max_size=20).map(lambda data: data.replace(b"\0", b"").decode("utf-8", "surrogateescape"))


@pytest.fixture
def client(tmux_home: TmuxHome) -> Iterator[Control]:
    tmux_home.start("sleep", "1000")
    client = tmux_home.attach()
    yield client
    tmux_home.run(client.close())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(TEXT | NASTY | BYTES.filter(bool), min_size=1, max_size=3))
@example(words=["~", "$HOME", "${HOME}"])
@example(words=['"; kill-server ; "', "%if", "\\"])
@example(words=["".join(map(chr, range(1, 0x100)))])
def test_any_word_reaches_tmux_as_it_is(words: list[str], client: Control, tmux_home: TmuxHome) -> None:
    path = str(tmux_home.folder / "out")
    sent = "".join(words)
    puts = [command("set-buffer", *(("-a",) if i else ()), "-b", "b", "--", word) for i, word in enumerate(words)]

    tmux_home.run(client.ask(command("set-buffer", "-b", "b", "-"), command("delete-buffer", "-b", "b"), *puts))
    tmux_home.run(client.ask(command("save-buffer", "-b", "b", path)))

    assert Path(path).read_bytes() == sent.encode("utf-8", "surrogateescape")


@given(TEXT | NASTY)
def test_a_quoted_word_is_one_line(word: str) -> None:
    assert not {"\n", "\r"} & set(quote(word))


def test_a_nul_is_refused() -> None:
    with pytest.raises(TmuxError, match="NUL"):
        command("display-message", "a\0b")


@pytest.mark.parametrize(
    "word", [";", "a;", "a\\;", "\\", "", "a b", "--", "-x", "'\"$(x)`#{pid}%d", "é👩", "a;b", ";;"]
)
def test_a_word_of_the_command_line_reaches_the_runtime_as_it_is(word: str, tmux_home: TmuxHome) -> None:
    out = tmux_home.folder / "out"

    tmux_home.start("/bin/sh", "-c", 'printf "%s" "$1" > "$0.new" && mv "$0.new" "$0"; sleep 1000', str(out), word)

    eventually(out.exists)
    assert out.read_text() == word
    assert argument(word).endswith(";") == word.endswith(";")
