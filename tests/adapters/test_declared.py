"""Runtimes declared in TOML: what is refused, and what a declaration makes of a screen and a message."""

import re

import pytest

from peerd.adapter import Place, Reading
from peerd.errors import ConfigError
from peerd.model.landing import squeezed
from peerd.model.peer import Activity
from peerd.model.screen import Screen
from peerd_adapters.declared import Declared, declared
from peerd_adapters.here import FETCH
from tests.build import message, spec

WHERE = "/etc/runtimes/chat.toml"
PLACE = Place("/s/s-1", "/s/s-1/journal", "/s/s-1/tmp", "/s/own")
CHAT = r"""
name = "chat"
argv = ["chat", "--in", "{dir}", "--log", "{folder}/log"]
resume_argv = ["chat", "--resume", "{conversation}"]
env = { CHAT_HOME = "{own}" }
proved = ["1.4"]
version = 'chat (\d+\.\d+)'
ready = '> ?(.*)'
ghost = "Say something"
busy = 'thinking'
placeholder = '\[\d+lines\]'
clear = ["C-e", "C-u"]
control = { interrupt = ["C-c"] }

[[dialogs]]
seen = 'Trust this place\?'
advice = "Set trust_folder = true in peers/NAME.toml."
choice = { allowed_by = "trust_folder", line = "Yes", move = "Down" }

[[dialogs]]
seen = 'Run .*\?'
prompt = true
"""


@pytest.fixture
def chat() -> Declared:
    made = declared(CHAT.encode(), WHERE)
    assert isinstance(made, Declared)
    return made


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("argv = [", "args = ["), "Object missing required field `argv`|Object contains unknown field `args`"),
        (('name = "chat"', 'name = "my chat"'), "name 'my chat': use a-z and 0-9"),
        (("ready = '> ?(.*)'", "ready = '> ?('"), "ready is not a pattern"),
        (("ready = '> ?(.*)'", "ready = '> .*'"), "ready needs a group"),
        (("busy = 'thinking'", "busy = '['"), "busy is not a pattern"),
        (("seen = 'Run .*\\?'", "seen = '*'"), r"dialogs\[1\].seen is not a pattern"),
        (("{folder}/log", "{home}/log"), r"argv: '\{home\}/log': no \{home\} is known"),
        (('"{dir}"', '"{conversation}"'), r"argv: '\{conversation\}': no \{conversation\} is known"),
        (('"{own}"', '"{own"'), "env: "),
        (('allowed_by = "trust_folder"', 'allowed_by = "anything"'), "Invalid enum value 'anything'"),
        (("prompt = true", "promt = true"), "unknown field `promt` - at `\\$.dialogs"),
        (('name = "chat"', 'name = "chat'), "Illegal character"),
        (('clear = ["C-e", "C-u"]', 'submit = "Entr"'), "submit: no key is called 'Entr'"),
        (('move = "Down"', 'move = "Dwn"'), r"dialogs\[0\].choice: no key is called 'Dwn'"),
        (("{dir}", "{dir!z}"), r"argv: '\{dir!z\}': only \{names\} are filled in"),
        (("CHAT_HOME", '"A=B"'), "env: 'A=B' is not a name"),
        (("version = 'chat (\\d+\\.\\d+)'", ""), "proved names versions; version must say"),
        (("busy =", "task_attempts = 0\nbusy ="), "Expected `int` >= 1"),
    ],
)
def test_a_wrong_declaration_names_file_and_field(change: tuple[str, str], told: str):
    with pytest.raises(ConfigError, match=f"^{re.escape(WHERE)}.*(?:{told})"):
        declared(CHAT.replace(*change).encode(), WHERE)


def test_a_declared_runtime_is_launched_with_its_places_filled_in(chat: Declared):
    fresh, resumed = chat.launch(spec(dir="/w"), PLACE, None), chat.launch(spec(dir="/w"), PLACE, "c-7")

    assert fresh.argv == ("chat", "--in", "/w", "--log", "/s/s-1/log")
    assert fresh.env == {"TMPDIR": "/s/s-1/tmp", "CHAT_HOME": "/s/own"}
    assert (resumed.argv, resumed.conversation) == (("chat", "--resume", "c-7"), "c-7")
    assert chat.launch(spec(bin="/opt/chat", args=("-q",)), PLACE, None).argv[::5] == ("/opt/chat", "-q")


def test_one_that_cannot_resume_says_so():
    no_resume = CHAT.replace('resume_argv = ["chat", "--resume", "{conversation}"]', "")

    with pytest.raises(ConfigError, match="declares no resume_argv"):
        declared(no_resume.encode(), WHERE).launch(spec(), PLACE, "c-7")


def screen(*lines: str, x: int = 2, y: int | None = None, width: int = 0) -> Screen:
    return Screen(lines, x, len(lines) - 1 if y is None else y, width)


READINGS = {
    "idle": (screen("hello", "> "), Reading(Activity.IDLE, composer="", rests=True)),
    "ghost": (screen("> Say something"), Reading(Activity.IDLE, composer="", rests=True)),
    "draft": (screen("> half a", "  thought"), Reading(Activity.IDLE, composer="half a\nthought", rests=True)),
    "busy": (screen("thinking...", "> "), Reading(Activity.BUSY, composer="")),
    "no input line": (screen("starting"), Reading(Activity.UNKNOWN)),
    "cursor elsewhere": (screen("output", "> ", y=0), Reading(Activity.UNKNOWN)),
    "entered": (screen("> a line", "", x=0), Reading(Activity.UNKNOWN)),
    "entered, at work": (screen("> a line", "thinking", "", x=0), Reading(Activity.BUSY)),
    "broken by the terminal": (
        screen("> abcd", "ef", width=6),
        Reading(Activity.IDLE, composer="abcd\nef", rests=True),
    ),
    "full, wrapped": (screen("> 日本", "", x=0, width=6), Reading(Activity.IDLE, "日本", rests=True, brim=True)),
    "full, not wrapped": (screen("> abcd", x=6, width=6), Reading(Activity.IDLE, "abcd", rests=True, brim=True)),
    "full, entered": (screen("> abcd", "", "", x=0, width=6), Reading(Activity.UNKNOWN)),
}


@pytest.mark.parametrize("name", READINGS)
def test_a_screen_is_read_as_declared(chat: Declared, name: str):
    shown, reading = READINGS[name]

    assert chat.read(shown) == reading


ONE_LINE = {
    "broken at the edge, behind blanks": (screen("> " + "a" * 70, "and more", width=80), "a" * 70 + "\nand more"),
    "broken between words": (screen("> some words", "  and more", width=80), "some words\nand more"),
    "entered, and answered": (screen("> some words", "well", width=80), None),
}


@pytest.mark.parametrize("name", ONE_LINE)
def test_a_single_line_is_broken_at_the_edge_only(name: str):
    one_line = declared(CHAT.replace("ghost", "one_line = true\nghost").encode(), WHERE)
    shown, composer = ONE_LINE[name]

    assert one_line.read(shown).composer == composer


def test_a_dialog_is_quoted_and_a_prompt_is_told_from_it(chat: Declared):
    asked = chat.read(screen("Run rm -rf?", "> "))
    trust = chat.read(screen("noise", "Trust this place?", "❯ No", "  Yes"))

    assert (asked.activity, asked.prompt) == (Activity.BLOCKED, True)
    assert (trust.dialog, trust.prompt) == ("Trust this place? / ❯ No / Yes", False)
    assert trust.advice == "Set trust_folder = true in peers/NAME.toml."


def test_a_dialog_is_answered_a_key_at_a_time_and_only_where_the_spec_allows_it(chat: Declared):
    on_no, on_yes = screen("Trust this place?", "❯ No", "  Yes"), screen("Trust this place?", "  No", "❯ Yes")
    allows = spec(trust_folder=True)

    assert (chat.answer(allows, on_no), chat.answer(allows, on_yes)) == ("Down", "Enter")
    assert (chat.answer(spec(), on_no), chat.answer(spec(), on_yes)) == (None, None)
    assert chat.answer(allows, screen("Trust this place?", "❯ Perhaps")) is None
    assert chat.answer(allows, screen("Trust this place?", "❯ No", "❯ Yes")) is None
    assert chat.answer(allows, screen("Run rm?", "❯ Yes")) is None


def test_a_message_lands_as_itself_or_as_the_placeholder(chat: Declared):
    keys = chat.compose(message(body="one\ntwo"), 1, PLACE)

    assert re.fullmatch(keys.landed, squeezed(keys.pastes[0]))
    assert re.fullmatch(keys.landed, "[3lines]")
    assert keys.clear == ("C-e", "C-u")


def test_a_runtime_whose_input_takes_no_newline_gets_one_line():
    one_line = declared(CHAT.replace("ghost", "one_line = true\nghost").encode(), WHERE)

    (paste,) = one_line.compose(message(body="one\ntwo"), 1, PLACE).pastes

    assert paste.endswith("hops 0: one two")


def test_its_last_words_stand_between_the_message_and_the_input_line(chat: Declared):
    shown = screen("> peerd message m-1 from", "  hello", "hi", "there", "> ")

    assert chat.last_words(shown, message()) == "  hello\nhi\nthere"
    assert chat.last_words(screen("nothing"), message()) is None


def test_its_version_is_read_as_declared(chat: Declared):
    assert (chat.version("chat 1.4 (beta)"), chat.version("nonsense")) == ("1.4", None)


def test_a_text_too_tall_to_be_seen_whole_goes_by_file():
    plain = declared(CHAT.replace("placeholder = '\\[\\d+lines\\]'", "").encode(), WHERE)

    keys = plain.compose(message(body="line\n" * 50), 1, PLACE)

    assert keys.files == {"in/m-1": "line\n" * 50}
    assert keys.pastes[0].endswith("from the file /s/s-1/in/m-1")


@pytest.mark.parametrize("cursor", ["❯|>", "(❯|>)", "[❯›>]"])
def test_a_cursor_may_be_any_pattern(cursor: str):
    chat = declared(CHAT.replace("ghost", f"cursor = '{cursor}'\nghost").encode(), WHERE)

    assert chat.answer(spec(trust_folder=True), screen("Trust this place?", "  No", "❯ Yes")) == "Enter"


@pytest.mark.parametrize("value", ["[" * 5000, "1" * 5000], ids=["deep", "long"])
@pytest.mark.parametrize("kind", ["tui", "service"])
def test_a_declaration_that_no_parser_is_made_for_is_a_wrong_one(kind: str, value: str):
    with pytest.raises(ConfigError, match=rf"{WHERE}: .*the runtime is not there until then"):
        declared(f"kind = '{kind}'\nx = {value}\n".encode(), WHERE)


@pytest.mark.parametrize("field", ["argv", "resume_argv", "env"])
def test_a_system_prompt_is_written_for_a_declaration_that_names_its_file(field: str):
    names = {
        "argv": CHAT.replace("{folder}/log", "{prompt}"),
        "resume_argv": CHAT.replace('"--resume"', '"{prompt}", "--resume"'),
        "env": CHAT.replace("{own}", "{prompt}"),
    }

    launch = declared(names[field].encode(), WHERE).launch(spec(), PLACE, "c-7" if field == "resume_argv" else None)

    assert launch.prompt
    assert PLACE.prompt in (*launch.argv, *launch.env.values())


def test_none_is_written_for_one_that_does_not(chat: Declared):
    assert not chat.launch(spec(), PLACE, None).prompt


def test_a_service_is_met_at_its_own_places_and_started_by_what_fetches_its_sockets():
    listen = "['{own}/s', '{dir}/s', '[0::1]:80', '/run/{peer}']"
    service = declared(f"name='web'\nkind='service'\nargv=['serve']\nlisten={listen}".encode(), WHERE)

    launch = service.launch(spec(dir="/w"), PLACE, None)

    assert [str(at) for at in launch.listen] == ["/s/own/s", "/w/s", "[::1]:80", "/run/ada"]
    assert launch.argv[-3:] == (FETCH, PLACE.listen, "serve")
    assert launch.own == {}


PROMPT = """
[prompt]
seen = '^Run .*\\?'
approve = "Yes"
deny = "No"
tools = { '^Run (?:a|the) query ' = 'sql\\1' }
"""


GOES_ON = f"{PROMPT}goes_on = true\n"


def test_what_a_declared_prompt_means_and_is_asked_for_is_as_declared():
    asks = declared((CHAT + PROMPT).encode(), WHERE)

    prompt = asks.prompt(screen("noise", "Run a query on users?", "", "❯ No", "  Yes", "  Yes, always"))
    other = asks.prompt(screen("Run this?", "", "❯ No", "  Yes"))

    assert prompt is not None
    assert [(each.label, each.key, each.means) for each in prompt.options] == [
        ("No", None, "deny"),
        ("Yes", None, "approve"),
        ("Yes, always", None, None),
    ]
    assert (prompt.tool, prompt.at) == ("sql\\1", 0)
    assert [declared(f"{CHAT}{each}".encode(), WHERE).goes_on_refused for each in ("", PROMPT, GOES_ON)] == [
        *(False, False, True)
    ]
    assert other is not None
    assert other.tool is None


def test_a_number_chooses_only_where_that_is_declared():
    shown = screen("Run this?", "", "❯ 1. No", "  2. Yes")
    texts = (PROMPT, f"{PROMPT}digits = true\n")
    by_cursor, by_digit = (declared((CHAT + text).encode(), WHERE).prompt(shown) for text in texts)

    assert [each.key for each in (by_cursor.options if by_cursor else ())] == [None, None]
    assert [each.key for each in (by_digit.options if by_digit else ())] == ["1", "2"]


@pytest.mark.parametrize(
    "change", [("'^Run (?", "'(^Run (?"), ('approve = "Yes"', 'approve = "("')], ids=["tools", "yes"]
)
def test_what_is_wrong_with_a_declared_prompt_is_told(change: tuple[str, str]):
    with pytest.raises(ConfigError, match=r"prompt\.(?:tools|approve) is not a pattern"):
        declared((CHAT + PROMPT).replace(*change).encode(), WHERE)
