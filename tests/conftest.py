"""What every test folder shares: the say about tests that need tmux or git, and about Ctrl-C and Ctrl-\\."""

import os
import shutil
import signal

import pytest


def pytest_configure() -> None:
    """A run in the background has both ignored, and every program a test starts would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without tmux or git, a test that needs it is skipped at a desk and fails in continuous integration."""
    for program in ("tmux", "git"):
        if item.get_closest_marker(program) is not None and shutil.which(program) is None:
            outcome = pytest.fail if os.environ.get("CI") else pytest.skip
            outcome(f"no {program} on PATH")
