"""A daemon that waits one second for a tmux server that hangs, and not five."""

import sys

from tests.live.conftest import RUN_DAEMON

CALL_S = 1.0

IMPATIENT = (
    sys.executable,
    "-c",
    f"""
from peerd.edges.tmux import control, pane, server
looks = [each for each in vars(pane.Pane).values() if "deadline_s" in (getattr(each, "__kwdefaults__", None) or ())]
for waits in (control.Control.ask, control.Control.attach.__func__, *looks):
    waits.__kwdefaults__["deadline_s"] = {CALL_S}
for waits in (server.mark, server.kill):
    waits.__defaults__ = ({CALL_S},)
{RUN_DAEMON}
""",
)
