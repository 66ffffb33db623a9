"""What a wake costs beside the program's own start, measured in the same run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "contrib" / "bench" / "agents.py"
RATIO_MAX = 1.5


@pytest.mark.timing
def test_a_wake_takes_little_longer_than_the_program_itself():
    done = subprocess.run(
        (sys.executable, str(BENCH), "--rounds", "5", "--json"), capture_output=True, text=True, timeout=200, check=True
    )

    for row in json.loads(done.stdout):
        assert row["ratio"] < RATIO_MAX, row
