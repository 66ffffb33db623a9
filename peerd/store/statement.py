"""One statement with named values. Text that is no Unicode is stored with U+FFFD where it is none."""

import json
from collections.abc import Mapping

import msgspec

from peerd.model.envelope import SURROGATE
from peerd.store.database import Connection, Row

Value = str | int | float | None


def change(connection: Connection, sql: str, values: Mapping[str, Value]) -> int:
    """How many rows it changed."""
    try:
        return connection.execute(sql, values).rowcount
    except UnicodeEncodeError:
        return connection.execute(sql, {name: _cleaned(value) for name, value in values.items()}).rowcount


def insert(connection: Connection, table: str, values: Mapping[str, Value]) -> None:
    """One row; each name is a column of the table."""
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    change(connection, f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def first(connection: Connection, sql: str, values: Mapping[str, Value]) -> Row | None:
    """The first row, if there is any."""
    row: Row | None = connection.execute(sql, values).fetchone()
    return row


def clean(text: str) -> str:
    """The text as it is stored. A lone surrogate, as in a screen's undecodable byte, has no UTF-8."""
    return SURROGATE.sub("�", text)


def packed(part: msgspec.Struct) -> str:
    """A struct as one column; not by msgspec's encoder, which refuses the surrogates that `change` cleans."""
    return json.dumps(msgspec.to_builtins(part), ensure_ascii=False)


def _cleaned(value: Value) -> Value:
    return clean(value) if isinstance(value, str) else value
