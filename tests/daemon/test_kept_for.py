"""How long messages are kept is a setting."""

from pathlib import Path

import pytest

from peerd.config import Settings, read_settings
from peerd.errors import ConfigError


@pytest.mark.parametrize("field", ["keep_messages_days", "keep_receipts_days"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf", "true", '"30d"'])
def test_how_long_messages_are_kept_is_a_number_of_days(tmp_path: Path, field: str, value: str):
    (tmp_path / "peerd.toml").write_text(f"{field} = {value}\n")

    with pytest.raises(ConfigError, match=field):
        read_settings(str(tmp_path / "peerd.toml"))


def test_it_is_a_month_and_a_quarter_where_nothing_is_said():
    assert (Settings().keep_messages_days, Settings().keep_receipts_days) == (30.0, 90.0)
