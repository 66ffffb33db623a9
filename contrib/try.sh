#!/bin/sh
# See peerd at work: sets up a virtual environment in this clone (see setup.sh) and runs `peerd demo`, which lives in
# a temporary home of its own and cleans up after itself. Ends 0 if the demo saw all it promises; 69: something is
# missing that could not be installed; 75: a registry did not answer, try again.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/contrib/setup.sh"

begin
need_tmux || exit $MISSING
need_peerd
release
exec "$bin/peerd" demo "$@"
