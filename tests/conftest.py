"""What every test folder shares: the say about tests that need tmux, and about Ctrl-C."""

import os
import shutil
import signal

import pytest


def pytest_configure() -> None:
    """A run in the background has SIGINT ignored, and every program a test starts would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without tmux, a test that needs it is skipped at a desk and fails in continuous integration."""
    if item.get_closest_marker("tmux") is None or shutil.which("tmux"):
        return
    if os.environ.get("CI"):
        pytest.fail("no tmux on PATH")
    pytest.skip("no tmux on PATH")
