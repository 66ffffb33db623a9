"""What the stub says: read off directives in the user's own words, so that a test says in its message what it wants.

`[[say TEXT]]` answers TEXT. `[[slow S]]` streams the answer over S seconds. `[[run COMMAND]]` wants a shell command run
of which the user is asked, `[[do COMMAND]]` one of which nobody is, and answers when its result is there; `[[tool NAME
JSON]]` does so with any tool, Codex's in a namespace by `NAMESPACE/NAME`. `[[fail N]]`
answers every try with the HTTP status N, `[[fail N TIMES]]` only the first so many. `[[hang]]` sends nothing more.
Without a directive the answer is `heard N characters`.
"""

import json
import re
from typing import Any, NamedTuple

DIRECTIVE = re.compile(r"\[\[(say|slow|run|do|tool|fail|hang)(?: ([^\]]*))?\]\]")


class Script(NamedTuple):
    """What to do about one request."""

    say: str
    slow_s: float = 0.0
    run: str | None = None
    asks: bool = True
    tool: tuple[str, dict[str, Any]] | None = None
    fail: int | None = None
    fail_times: int | None = None  # None: always
    hang: bool = False


def script(text: str) -> Script:
    """`text` is what the user said since the model last spoke; of several messages the last one counts."""
    told = dict(DIRECTIVE.findall(text[max(0, text.rfind("peerd message ")) :]))
    status, _, times = told.get("fail", "").partition(" ")
    return Script(
        say=told.get("say") or f"heard {len(text)} characters",
        slow_s=float(told.get("slow") or 0),
        run=told.get("run") or told.get("do"),
        asks="run" in told,
        tool=_tool(told["tool"]) if "tool" in told else None,
        fail=int(status) if status else None,
        fail_times=int(times) if times else None,
        hang="hang" in told,
    )


def _tool(told: str) -> tuple[str, dict[str, Any]]:
    name, _, arguments = told.partition(" ")
    return name, json.loads(arguments)


def pieces(answer: str, count: int) -> list[str]:
    """An answer in at most so many parts, none empty."""
    size = max(1, -(-len(answer) // max(1, count)))
    return [answer[at : at + size] for at in range(0, len(answer), size)]
