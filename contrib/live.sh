#!/bin/sh
# The tests that drive the real agent CLIs, Claude Code and Codex: offline, against a stub for their models on loopback,
# with keys and a HOME that are nobody's. Sets up as test.sh does, and installs both CLIs by npm, in the versions that
# the adapters are proved against, into a cache outside this clone.
# 69: they could not be installed, and nothing was tested; that is said loudly.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/contrib/setup.sh"

# The packages with their versions, as npm takes them.
packages() {
    "$bin/python" -c '
from peerd_adapters.claude import Claude
from peerd_adapters.codex import Codex
print(f"@anthropic-ai/claude-code@{Claude.proved[-1]}", f"@openai/codex@{Codex.proved[-1]}")'
}

give_up() {
    say "NOT TESTED: the real agent CLIs. $*"
    exit $MISSING
}

need_npm() {
    if command -v npm >/dev/null 2>&1; then return 0; fi
    install_package npm || give_up "npm is not there, and may not be installed here: $(advice npm)"
}

# Installs what is not there yet; a folder counts once both programs in it answer.
install_clis() {
    wanted=$(packages)
    clis=${XDG_CACHE_HOME:-$HOME/.cache}/peerd/clis/$(echo "$wanted" | tr -c 'a-z0-9.\n' '-')
    if [ -e "$clis/whole" ]; then return 0; fi
    need_npm
    say "installing $wanted into $clis"
    mkdir -p "$clis"
    # shellcheck disable=SC2086  # two packages
    quietly "npm install" npm install --no-audit --no-fund --prefix "$clis" $wanted ||
        give_up "npm could not install $wanted (is there a network?)"
    for cli in claude codex; do
        quietly "$cli --version" "$clis/node_modules/.bin/$cli" --version || give_up "$cli was installed and does not run"
    done
    : >"$clis/whole"
}

begin
need_tmux || exit $MISSING
need_peerd
need_tools
command -v openssl >/dev/null 2>&1 || install_package openssl || give_up "openssl is not there: $(advice openssl)"
install_clis
release
cd "$root"
export PEERD_REAL_CLIS="$clis"
failed=0
"$bin/python" -m pytest -m 'real and not timing' -n 2 --dist load --maxschedchunk 1 --timeout 300 tests/real || failed=$?
"$bin/python" -m pytest -m 'real and timing' --timeout 300 tests/real || failed=$?
exit "$failed"
