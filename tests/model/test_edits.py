"""By when an edit of a peer's spec holds: each field is in one table, so that whoever edits it is told the truth."""

from msgspec.structs import replace

from peerd.model.peer import AT_ONCE, NEXT_SESSION, Edited, Spec, differences
from tests.build import ADA

SPEC = Spec(name=ADA, runtime="actor", dir="/")


def test_each_field_but_the_name_is_said_to_hold_at_once_or_from_the_next_session_on():
    assert sorted(AT_ONCE | NEXT_SESSION) == sorted({*Spec.__struct_fields__} - {"name"})
    assert set() == AT_ONCE & NEXT_SESSION


def test_what_an_edit_changes_is_told_apart():
    changed = replace(SPEC, idle_s=7.0, runtime="shell", crash_max=9, pane_log=False)

    assert differences(SPEC, changed) == Edited(["idle_s", "crash_max"], ["runtime", "pane_log"])
    assert differences(SPEC, SPEC) == Edited([], [])
