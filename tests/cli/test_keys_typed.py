"""What is typed at a terminal becomes a line; what is pasted becomes text, whatever it holds."""

import signal

import pytest

from peerd.cli.line_edit import Keys, Typed


def typed(keys: str, settings: Keys | None = None) -> tuple[Typed, str]:
    line = Typed(settings or Keys())
    return line, "".join(line.take(char) for char in keys)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        pytest.param("yes", "yes", id="letters"),
        pytest.param("yex\x7fs", "yes", id="backspace"),
        pytest.param("yex\bs", "yes", id="another backspace"),
        pytest.param("n\u00e9\x7f\u00f6", "n\u00f6", id="a letter of two bytes"),
        pytest.param("ne\u0301\x7fo", "no", id="an accent of its own"),
        pytest.param("\x7f\x7fa", "a", id="nothing to erase"),
        pytest.param("may you  \x17we", "may we", id="a word"),
        pytest.param("\x17no", "no", id="no word"),
        pytest.param("no way\x15yes", "yes", id="all of it"),
        pytest.param("y\x1b[Aes\x1b[1;5C\x1bOH\x1b[[B!", "yes!", id="arrows"),
        pytest.param("\x1byes", "yes", id="escape"),
        pytest.param("\x1b\x1b[Ayes", "yes", id="escape, and an arrow"),
        pytest.param("a\tb", "a\tb", id="a tab"),
        pytest.param("x" * 10_000, "x" * 10_000, id="much"),
    ],
)
def test_a_line_is_what_is_left_of_the_keys(keys: str, text: str):
    line, _ = typed(keys)
    assert (line.text, line.pasted, line.over) == (text, False, False)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "a\x7fb\x15c\x04\x17",
        "a\x03b\x1cc\x1ad\x13e\x11",
        "\x1b[31mred\x1b[0m",
        "\x1b[20",
        "\x1b[200~",
        "\x1b\x1b\x1b",
    ],
)
def test_of_a_paste_all_is_text(text: str):
    line, _ = typed(f"\x1b[200~{text}\x1b[201~!")
    assert (line.text, line.pasted, line.pasting) == (f"{text}!", True, False)


def test_a_newline_in_a_paste_ends_a_line_that_was_pasted():
    line, _ = typed("\x1b[200~.\n")
    assert (line.text, line.ended, line.pasted) == (".", True, True)

    line.next_line()

    assert (line.text, line.ended, line.pasted, line.pasting) == ("", False, False, True)


@pytest.mark.parametrize(
    ("keys", "over"),
    [("\x04", True), ("yes\x04", False), ("yes\x04\x04", True), ("yes\x04!\x04", False), ("a\x04\x7f\x04", True)],
)
def test_a_file_ends_where_nothing_stands_before_its_end_in_the_line(keys: str, over: bool):
    assert typed(keys)[0].over is over


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("yes\n", "yes\n"),
        ("a\x07", "a^G"),
        ("\udce9\u009b\u202e", "\ufffd\ufffd\ufffd"),
        ("\u6f22\x7f", "\u6f22\b \b\b \b"),
        ("e\u0301\x7f", "e\u0301\b \b"),
        ("\x1b[200~\x1b[31m\x7f\x1b[201~", "^[[31m^?"),
    ],
)
def test_what_is_shown_of_it_drives_no_terminal(keys: str, shown: str):
    assert typed(keys)[1] == shown


def test_keys_are_those_that_the_terminal_has_for_them():
    line, _ = typed("yex#s\x04", Keys(erase="#", end_of_file="\x1a", suspend=""))
    assert (line.text, line.over) == ("yes\x04", False)


@pytest.mark.parametrize(
    ("key", "number"), [("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT), ("\x1a", signal.SIGTSTP), ("\x13", None)]
)
def test_a_key_asks_for_its_signal_and_is_no_text(key: str, number: signal.Signals | None):
    line, shown = typed(f"yes{key}")
    assert (line.text, line.asks, shown) == ("yes", number, "yes")


@pytest.mark.parametrize("keys", ["yes\r", "yes\n", "\x1b[200~yes\r"])
def test_enter_ends_a_line_whatever_the_terminal_makes_of_it(keys: str):
    line, shown = typed(keys)
    assert (line.text, line.ended, shown) == ("yes", True, "yes\n")


def test_a_paste_is_over_where_another_has_read_its_rest():
    line, _ = typed("\x1b[200~abc")
    line.break_off_paste()
    line.take("\x04")
    line.take("\x04")
    assert (line.text, line.pasting, line.over) == ("abc", False, True)


@pytest.mark.parametrize(("keys", "is_in_a_key"), [("\x1b", True), ("\x1b[1;", True), ("\x1b[A", False), ("a", False)])
def test_what_comes_after_a_key_that_was_ended_is_text(keys: str, is_in_a_key: bool):
    line, _ = typed(keys)
    assert line.is_in_a_key is is_in_a_key

    line.end_key()
    line.take("O")
    line.take("K")

    assert line.text == ("aOK" if keys == "a" else "OK")


def test_an_escape_in_a_paste_waits_for_what_it_begins():
    assert not typed("\x1b[200~\x1b")[0].is_in_a_key
