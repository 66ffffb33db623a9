#!/bin/sh
# Lint, format, types, tests: all run, and it ends 0 only if all passed. Sets up as try.sh does, with the developers'
# tools. Tests mostly wait, so six run at once; those that hold a time to a bound run alone, after the others.
# 69: something is missing; 75: a registry did not answer, try again.
# Without tmux or git their tests are skipped and this says so; with CI set that is a failure.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/contrib/setup.sh"

failed=

# check NAME COMMAND...: goes on whatever the outcome and remembers it.
check() {
    name=$1
    shift
    printf '== %s\n' "$name"
    if ! "$@"; then failed="$failed $name"; fi
}

begin
for program in tmux git; do
    if ! "need_$program"; then
        if [ -n "${CI:-}" ]; then exit $MISSING; fi
        skipped="${skipped-} (the tests that need $program were skipped)"
    fi
done
need_peerd
need_tools
release
cd "$root"
check lint "$bin/python" -m ruff check .
check format "$bin/python" -m ruff format --check .
check types "$bin/python" -m mypy
check tests "$bin/python" -m pytest -m 'not timing and not real' -n 6 --dist worksteal --durations=10
check timings "$bin/python" -m pytest -m 'timing and not real'
if [ -n "$failed" ]; then stop 1 "failed:$failed${skipped-}"; fi
say "lint, format, types and tests passed${skipped-}"
