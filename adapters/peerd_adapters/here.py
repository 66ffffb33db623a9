"""Where the programs are that adapters name in what they launch."""

import sys

PYTHON = sys.executable
HOOK = __file__.rpartition("/")[0] + "/hook.py"
