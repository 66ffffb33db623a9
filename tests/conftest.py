"""What every test folder shares: the say about tests that need tmux."""

import os
import shutil

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without tmux, a test that needs it is skipped at a desk and fails in continuous integration."""
    if item.get_closest_marker("tmux") is None or shutil.which("tmux"):
        return
    if os.environ.get("CI"):
        pytest.fail("no tmux on PATH")
    pytest.skip("no tmux on PATH")
