# The same as the README's commands, and what lies between them. `just` alone lists them.

_list:
    @just --list --unsorted

# see peerd at work: set up, then `peerd demo`
try *args:
    sh contrib/try.sh {{ args }}

# lint, format, types, tests
test:
    sh contrib/test.sh

# Claude Code and Codex for real, offline: install both, run what drives them
live:
    sh contrib/live.sh

# lint, format and types: no tests
check:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy

# put code into the house's form
fmt:
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# delivery and wake latency against the raw tmux floor of the same run
bench *args:
    .venv/bin/python contrib/bench/run.py {{ args }}

# random and torn inputs for the socket, the envelope, the logs and a whole daemon
fuzz *args:
    .venv/bin/python contrib/fuzz.py {{ args }}

# thousands of messages among peers while runtimes, tmux servers and the daemon are killed
chaos *args:
    .venv/bin/python contrib/chaos.py {{ args }}
