# Sets up this clone: a virtual environment with peerd in it, tmux, and git for the tests. Sourced by try.sh and test.sh,
# never run.
#
# Safe to run twice, at once, without root and without network once it has succeeded. Changes nothing outside the
# environment but for one thing: where it may (root, or sudo without a password) it installs a missing tmux or git, or
# the missing parts of a minimal python3, from the system's package manager. Which registries are asked is the
# configuration of apt and pip, never this file.
#
# Takes $root (the clone); gives $bin (the environment's bin folder). Knows PEERD_VENV (where the environment is or is
# to be) and PYTHON (the interpreter to make it with). A script calls `begin`, the `need_`s it has, then `release`.

MISSING=69     # something is not there and this script may not or cannot install it
TRY_AGAIN=75   # a registry did not answer

venv=${PEERD_VENV:-$root/.venv}
case $venv in /*) ;; *) venv=$PWD/$venv ;; esac
bin=$venv/bin
work= # this run's downloads and logs

unset PYTHONHOME PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0

say() {
    printf 'peerd: %s\n' "$*" >&2
}

# stop CODE LINE...: says every line and ends.
stop() {
    code=$1
    shift
    for line; do say "$line"; done
    exit "$code"
}

release() {
    if [ -n "$work" ]; then rm -rf "$work"; fi
    work=
    exec 9>&-
}

# quietly WHAT COMMAND...: shows a command's output only when it fails.
quietly() {
    what=$1
    shift
    if "$@" >"$work/log" 2>&1 </dev/null; then return 0; fi
    say "$what failed; its last lines:"
    tail -n 15 "$work/log" | sed 's/^/    /' >&2
    return 1
}

# --- the system's package manager ---

find_manager() {
    for manager in apt-get dnf pacman apk zypper brew; do
        if command -v "$manager" >/dev/null 2>&1; then return 0; fi
    done
    manager=
}

# What a person types to install the package $1 here.
install_command() {
    case $manager in
        apt-get) echo "apt-get install $1" ;;
        dnf) echo "dnf install $1" ;;
        pacman) echo "pacman -S $1" ;;
        apk) echo "apk add $1" ;;
        zypper) echo "zypper install $1" ;;
        brew) echo "brew install $1" ;;
        *) echo "(no package manager known here: install $1 by hand)" ;;
    esac
}

# The same, said to somebody who may not be root.
advice() {
    if [ "$(id -u)" = 0 ] || [ "$manager" = brew ] || [ -z "$manager" ]; then
        install_command "$1"
    elif command -v sudo >/dev/null 2>&1; then
        echo "sudo $(install_command "$1")"
    else
        echo "as root: $(install_command "$1")"
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    case $manager in
        '') return 1 ;;
        brew) return 0 ;;
    esac
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 \
        install -y --no-install-recommends "$1"
}

install_now() {
    case $manager in
        apt-get) apt_install "$1" || { as_root apt-get -qq update && apt_install "$1"; } ;;
        dnf) as_root dnf install -y "$1" ;;
        pacman) as_root pacman -S --noconfirm --needed "$1" ;;
        apk) as_root apk add --no-cache "$1" ;;
        zypper) as_root zypper --non-interactive install "$1" ;;
        brew) brew install "$1" ;;
    esac
}

# Installs the package $1 if this user may; false if not, or if that failed.
install_package() {
    may_install || return 1
    say "installing $1: $(install_command "$1")"
    quietly "$(install_command "$1")" install_now "$1"
}

# --- Python ---

# Sets $python to the first interpreter that is new enough.
find_python() {
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.14 python3.13 python3.12 python3.11; fi
    for python; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return 0; fi
    done
    return 1
}

# The parts of the standard library that peerd needs and $python lacks: python3-minimal has few of them.
missing_parts() {
    "$python" -c '
import importlib.util as u
print(*(n for n in ("asyncio", "venv", "zipfile", "_ctypes", "_sqlite3", "_ssl") if u.find_spec(n) is None))'
}

version_of() {
    "$1" -c 'import platform; print("Python", platform.python_version())' 2>/dev/null || echo "no $1"
}

need_python() {
    find_python || stop $MISSING \
        "Python 3.11 or newer is needed. Here: $(version_of "${PYTHON:-python3}")." \
        "Install one ($(advice python3) where the system's is new enough), or name one: PYTHON=/path/to/python3 sh $0"
    [ -n "$(missing_parts)" ] || return 0
    install_package python3 || true
    [ -z "$(missing_parts)" ] || stop $MISSING \
        "$(command -v "$python") lacks parts of the standard library: $(missing_parts)." \
        "On Debian and Ubuntu that is python3-minimal; the whole of it: $(advice python3)"
}

# --- tmux ---

# tmux 3.2 or newer. A build without a number (tmux master) is taken as new.
tmux_is_fit() {
    version=$(tmux -V 2>/dev/null) || return 1
    case $(echo "$version" | sed 's/^[^0-9]*//') in
        [012].* | 3.[01] | 3.[01][!0-9]*) return 1 ;;
    esac
}

# False where it is missing and stays so.
need_tmux() {
    if tmux_is_fit; then return 0; fi
    install_package tmux || true
    if tmux_is_fit; then return 0; fi
    say "tmux 3.2 or newer is needed. Here: $(tmux -V 2>/dev/null || echo 'no tmux')."
    say "Install it, then run this again: $(advice tmux)"
    return 1
}

# --- git ---

# For the tests alone. False where it is missing and stays so.
need_git() {
    if command -v git >/dev/null 2>&1; then return 0; fi
    install_package git || true
    if command -v git >/dev/null 2>&1; then return 0; fi
    say "git is needed by the tests of git worktrees. Install it, then run this again: $(advice git)"
    return 1
}

# --- the virtual environment ---

# One set-up at a time in this environment. The kernel drops the lock with the last holder of descriptor 9.
lock() {
    mkdir -p "$(dirname "$venv")" 2>/dev/null || true
    (: >>"$venv.lock") 2>/dev/null || stop $MISSING \
        "cannot write $venv.lock. Name a place for the virtual environment: PEERD_VENV=/path sh $0"
    exec 9>>"$venv.lock"
    "$python" -c '
import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("peerd: another set-up of this environment is under way; waiting for it", file=sys.stderr)
    fcntl.flock(9, fcntl.LOCK_EX)' 9>&9
}

make_venv() {
    if "$bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return 0; fi
    if [ -e "$venv" ] && [ ! -e "$venv/pyvenv.cfg" ] && [ -n "$(ls -A "$venv")" ]; then
        stop $MISSING "$venv exists and is no virtual environment. Move it away, or name another: PEERD_VENV=/path sh $0"
    fi
    say "making a virtual environment in $venv"
    quietly "python3 -m venv" "$python" -m venv --clear --without-pip "$venv" || stop $MISSING \
        "No virtual environment, nothing done. Another place for it: PEERD_VENV=/path sh $0"
}

# pip that the system has, put to work on our environment (pip 22.3 or newer).
pip_of_system() {
    "$python" -m pip --version >/dev/null 2>&1 || return 1
    quietly "python3 -m pip --python" "$python" -m pip --python "$bin/python" install pip
}

# apt-get with lists and cache of its own: needs no root, and finds packages where nobody ran `apt-get update`.
apt_private() {
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
    apt-get -qq -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o APT::Sandbox::User= "$@"
}

# Unpacks packages under $work/debian; installs nothing.
unpack_debian() {
    cd "$work"
    apt-get -qq download "$@" || { apt_private update && apt_private download "$@"; } || return 1
    for deb in ./*.deb; do dpkg-deb -x "$deb" debian || return 1; done
}

# Debian's pip trusts the system's certificates, which a bare machine lacks: then those of its package are lent.
lend_certificates() {
    [ ! -e /etc/ssl/certs/ca-certificates.crt ] || return 0
    [ -z "$(pip_wheel config list 2>/dev/null | grep '\.cert=')" ] || return 0
    find "$work/debian/usr/share/ca-certificates" /usr/local/share/ca-certificates -name '*.crt' \
        -exec cat {} + >"$work/certificates.pem" 2>/dev/null || true
    export PIP_CERT="$work/certificates.pem"
}

pip_wheel() {
    "$bin/python" "$(echo "$work"/debian/usr/share/python-wheels/pip-*.whl)/pip" "$@"
}

pip_of_debian() {
    command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || return 1
    say "this Python has no ensurepip; borrowing pip from the package python3-pip-whl (unpacked, not installed)"
    (quietly "apt-get download" unpack_debian python3-pip-whl ca-certificates) || return 1
    lend_certificates
    quietly "pip install pip" pip_wheel install pip
}

need_pip() {
    if "$bin/python" -m pip --version >/dev/null 2>&1; then return 0; fi
    if "$bin/python" -m ensurepip >/dev/null 2>&1; then return 0; fi
    if pip_of_system || pip_of_debian; then return 0; fi
    if [ "$manager" = apt-get ]; then package=python3-venv; else package=python3-pip; fi
    stop $MISSING "There is no pip: no ensurepip, no python3 -m pip, and none could be fetched by apt-get (is there a network?)." \
        "With a network run this again, or first install it: $(advice $package)"
}

# What an installation depends on; another text than the one on record means to install again.
stamp() {
    "$bin/python" -c 'import sys; print(sys.version_info[:2], sys.executable)'
    echo "$root"
    cat "$root/pyproject.toml"
}

# once NAME COMMAND...: runs it unless it succeeded with the same stamp before.
once() {
    record=$venv/peerd-$1
    shift
    stamp >"$work/stamp"
    if cmp -s "$work/stamp" "$record"; then return 0; fi
    "$@" || stop $TRY_AGAIN "The Python packages did not come. Is there a network, and does the index in pip's configuration answer?"
    cp "$work/stamp" "$record"
}

install_peerd() {
    need_pip
    say "installing peerd and what it depends on"
    (cd "$root" && quietly "pip install" "$bin/python" -m pip install -e .)
}

# Beside a peerd that may be running: its own installation is not touched.
install_tools() {
    say "installing the developers' tools"
    "$bin/python" -c '
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    print(*tomllib.load(file)["project"]["optional-dependencies"]["dev"], sep="\n")
' "$root/pyproject.toml" >"$work/tools" || return 1
    quietly "pip install" "$bin/python" -m pip install -r "$work/tools"
}

# --- what the scripts call ---

begin() {
    trap release EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    work=$(mktemp -d "${TMPDIR:-/tmp}/peerd-setup.XXXXXX")
    find_manager
    need_python
    lock
}

need_peerd() {
    make_venv
    once installed install_peerd
}

# Where compiled modules are kept, also where the caller wants none: the tests start thousands of processes, and each
# would compile all of peerd anew.
need_tools() {
    unset PYTHONDONTWRITEBYTECODE
    export PYTHONPYCACHEPREFIX="$venv/compiled"
    once tools install_tools
}
