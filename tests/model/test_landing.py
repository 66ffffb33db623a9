"""Of a text that was typed the line must show all: what lost its end, or has more than that, is not entered."""

import re
import time
import unicodedata

import pytest

from peerd.model.landing import exactly, squeezed

LETTERS = {
    "cyrillic": "Удали все старые журналы, но не трогай базу данных",
    "japanese": "データベースを削除しないでください。まずバックアップを取ってください。",
    "korean": "먼저 백업하고 지우지 마세요",
    "latin": "lösche nichts, ändere nur die Größe — żółć",
}
OTHERS = {
    "hindi": "डेटाबेस को मत हटाओ पहले बैकअप लो",
    "hebrew": "אל תמחק את מסד הנתונים קודם גבה",
    "arabic": "لا تحذف قاعدة البيانات، انسخ أولا",
    "thai": "อย่าลบฐานข้อมูล สำรองก่อน",
    "emoji-amid": "Удали 🦊 все старые журналы, но не трогай базу данных",
    "emoji-last": "Удали все старые журналы, но не трогай базу данных 👍🏽",
}
TEXTS = LETTERS | OTHERS


def lands(text: str, shown: str) -> bool:
    return re.fullmatch(exactly(text), squeezed(shown)) is not None


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_lands_as_it_is_however_it_is_wrapped_and_composed(text: str):
    wrapped = "\n  ".join(text[at : at + 7] for at in range(0, len(text), 7))

    assert all(lands(text, shown) for shown in (text, wrapped, unicodedata.normalize("NFC", text)))
    assert lands(unicodedata.normalize("NFD", text), text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_lost_its_end_does_not(text: str):
    bare = squeezed(text)
    letters = [at for at, char in enumerate(bare) if char.isalnum()]

    assert [cut for cut in letters if lands(text, bare[:cut])] == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("behind", ["x", "я", "も", "ש", "!", "да нет"])
def test_what_a_person_typed_behind_it_is_not_entered_with_it(text: str, behind: str):
    assert not lands(text, text + behind)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_nor_is_another_text(text: str):
    assert not lands(text, "".join(reversed(squeezed(text))))
    assert not lands(text, "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("well done 👍🏽", "well done 👍"),
        ("well done ✈\ufe0f", "well done ✈"),
        ("a\u200bb\u00adc", "abc"),
        ("a\u202eb\u202cc", "a\ufffdb\ufffdc"),
        ("नमस्ते दुनिया", "नमसत दनय"),
        ("שלום עולם ועוד", "םולש עולם ועוד"),
        ("Удали все старые журналы 👍🏽 и не трогай базу", "Удали все стые журналы 👍 и не трогай базу"),
    ],
    ids=["tone", "selector", "unseen", "bidi", "marks", "turned", "overwritten-at-an-edge"],
)
def test_what_terminals_make_of_it_does(text: str, shown: str):
    assert lands(text, shown)


def test_a_share_of_what_is_no_letter_is_to_be_seen():
    assert [lands("🦊" * 40, "🦊" * many) for many in (0, 5, 10, 40)] == [False, False, True, True]


@pytest.mark.parametrize("text", ["aж👍" * 1300, "ж👍" * 2000, "éa\u0301👍" * 1000, "न्" * 2000], ids=range(4))
def test_it_takes_no_time_to_tell(text: str):
    pattern, began = exactly(text), time.monotonic()
    shown = squeezed(text)

    assert re.fullmatch(pattern, shown)
    assert not any(re.fullmatch(pattern, each) for each in (shown[: len(shown) // 2], f"{shown}x", f"x{shown}"))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("unit", ["удали всё и ok ", "ascii "])
def test_a_text_that_no_input_line_shows_whole_is_in_none_and_takes_no_time_to_tell(unit: str):
    text = unit * 60_000 + "👍"
    began = time.monotonic()

    assert not lands(text, text)
    assert time.monotonic() - began < 1.0
