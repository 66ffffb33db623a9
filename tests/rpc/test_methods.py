"""What methods take and answer, as it goes over the socket."""

import enum
import typing

import msgspec
import pytest

from peerd.model.message import Delivery
from peerd.rpc import params as p
from peerd.rpc import results as r
from peerd.rpc.protocol import SKEW_PROOF
from peerd.rpc.table import METHODS


@pytest.mark.parametrize("method", METHODS)
def test_a_result_with_a_field_of_a_newer_daemon_is_read(method: str):
    _, result = METHODS[method]
    fields = {name: msgspec.Raw(_any(kind)) for name, kind in _fields(result).items()}

    read = msgspec.json.decode(msgspec.json.encode(fields | {"newer": 1}), type=result)

    assert isinstance(read, result)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "hello"])
def test_params_with_a_field_of_a_newer_caller_are_refused(method: str):
    params, _ = METHODS[method]
    fields = {name: msgspec.Raw(_any(kind)) for name, kind in _fields(params).items()}
    msgspec.json.decode(msgspec.json.encode(fields), type=params)

    with pytest.raises(msgspec.ValidationError, match="unknown field `newer`"):
        msgspec.json.decode(msgspec.json.encode(fields | {"newer": 1}), type=params)


def test_a_newer_hello_is_read_so_that_it_can_be_refused():
    assert msgspec.convert({"protocol": 9, "version": "9", "newer": 1}, p.HelloParams).protocol == 9


def test_what_is_answered_across_versions_takes_nothing_that_could_change():
    assert {METHODS[method][0] for method in SKEW_PROOF} == {p.Nothing}


def test_from_is_the_word_on_the_wire():
    step = r.Queued(id="m-1", sender="ada", state=Delivery.ACCEPTED, hold=None, attempt=0, accepted_at="now")

    assert msgspec.to_builtins(step)["from"] == "ada"


def _fields(struct: type[msgspec.Struct]) -> dict[str, object]:
    hints = typing.get_type_hints(struct, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(struct)}


def _any(kind: object) -> bytes:
    """Some JSON that fits a field of this type."""
    for candidate in (b"null", b"3", b'"x"', b"true", b"[]", b"{}", *_words(kind)):
        try:
            msgspec.json.decode(candidate, type=kind)
        except msgspec.ValidationError:
            continue
        return candidate
    raise AssertionError(f"no example of {kind}")


def _words(kind: object) -> list[bytes]:
    members: list[enum.Enum] = list(kind) if isinstance(kind, enum.EnumType) else []
    return [
        msgspec.json.encode(word)
        for word in (*(each.value for each in members), *typing.get_args(kind))
        if isinstance(word, str)
    ]
