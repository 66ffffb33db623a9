"""Where the programs are that adapters name in what they launch."""

import sys
from shlex import quote

PYTHON = sys.executable
GATE = __file__.rpartition("/")[0] + "/gate.py"
FETCH = __file__.rpartition("/")[0] + "/fetch.py"
HOOK = __file__.rpartition("/")[0] + "/hook.py"


def hook_command(journal: str, event: str) -> str:
    """What an agent's hook runs, as a shell takes it."""
    return f"{quote(PYTHON)} -I -S {quote(HOOK)} {quote(journal)} {event}"
