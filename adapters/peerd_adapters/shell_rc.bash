# What makes an interactive bash a runtime: it runs a message by its id, and its own prompt reports what became of it.
# Sourced by the session's rc file, which names __peerd_name, __peerd_folder and __peerd_here. Needs bash 5.1.
#
# A report is one line, appended to the journal by a builtin's single write: no fork, about 10 us. The exception is
# turn_began: PS0 is all that bash expands between Enter and a command of any kind, and only a command substitution
# can write from there, so each line entered costs a fork without exec (0.4 ms). A DEBUG trap would save it, but it
# belongs to the user, fires for completions too, and is silent for ( ... ).
#
# `local -` makes the shell options a body may have set (-e, -u, -x, -f) those of the caller alone.

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)); then
  printf 'this is bash %s; a shell peer needs 5.1 or newer\n' "$BASH_VERSION" >&2
  exit 78
fi

__peerd_journal=${PEERD_JOURNAL-}
unset PEERD_JOURNAL # what is started from here must not write to it
readonly __peerd_journal __peerd_name __peerd_folder __peerd_here

[[ -r ~/.bashrc ]] && source ~/.bashrc

shopt -q expand_aliases && __peerd_aliases=-s || __peerd_aliases=-u
shopt -u expand_aliases # the user's must not get into what is defined here

__peerd_ready=
__peerd_turn=    # set while a line that was entered is being run
__peerd_message= # the message that is being run
__peerd_on_exit= # the user's own EXIT trap
__peerd_status=
__peerd_dir=
__peerd_nil= # PS0 hides an assignment in an empty substring of it
declare -A __peerd_taken=()

__peerd_write() { # FORMAT ARGS...: nothing in them may need escaping
  { builtin printf "$@" >>"$__peerd_journal"; } 2>/dev/null
}

__peerd_began() {
  __peerd_write '{"ev":"turn_began"}\n'
}

__peerd_ended() { # STATUS
  local __peerd_id=null
  [[ -n $__peerd_message ]] && __peerd_id="\"$__peerd_message\""
  __peerd_message='' __peerd_turn=''
  __peerd_write '{"ev":"turn_ended","message":%s,"status":%s}\n' "$__peerd_id" "$1"
}

__peerd_take() { # ID ATTEMPT SENDER [FORGIVEN]; fails where nothing is to be run
  { local -; set +efux; } 2>/dev/null
  __peerd_refusal "$@" || return 1
  [[ -n $__peerd_message ]] && __peerd_ended null # its prompt never came
  __peerd_own_exit
  if ! __peerd_write '{"ev":"submitted","message":"%s","attempt":%s}\n' "$1" "$2"; then
    builtin printf 'peerd_run: the journal cannot be written; %s was not run\n' "$1" >&2
    return 1
  fi
  __peerd_message=$1 __peerd_taken[$1]=$2
  unset PEERD_FILES # the folder of what is attached to this one
  [[ -d $__peerd_folder/files/$1 ]] && export PEERD_FILES="$__peerd_folder/files/$1"
  builtin printf '\e[2m# %s from %s\e[0m\n' "$1" "$3"
  __peerd_remember "$__peerd_folder/in/$1"
}

__peerd_refusal() { # ID ATTEMPT SENDER [FORGIVEN]: a run that was one of the first FORGIVEN attempts is no hindrance
  local __peerd_why=
  if [[ $# != [34] || ${4-} == *[!0-9]* || $1 != [A-Za-z0-9]* || $1 == *[!A-Za-z0-9._-]* || $2 == *[!0-9]* || -z $2 ]]; then
    __peerd_why='usage: peerd_run ID ATTEMPT SENDER'
  elif ((10#${__peerd_taken[$1]:-0} > 10#${4:-0})); then
    __peerd_why="$1 was run before; it is not run twice"
  elif [[ ! -r $__peerd_folder/in/$1 ]]; then
    __peerd_why="there is no message $1 here; nothing was run"
  fi
  [[ -z $__peerd_why ]] && return 0
  builtin printf 'peerd_run: %s\n' "$__peerd_why" >&2
  return 1
}

__peerd_remember() { # FILE: into the history, unless it is long
  local __peerd_text=
  IFS='' builtin read -r -d '' -n 4097 __peerd_text <"$1"
  ((${#__peerd_text} > 4096)) || builtin history -s -- "${__peerd_text%$'\n'}"
  return 0
}

__peerd_back() { # STATUS
  { local -; set +efux; } 2>/dev/null
  __peerd_arm
  return "$1"
}

__peerd_prompt() { # STATUS; the last of PROMPT_COMMAND
  { local -; set +efux; } 2>/dev/null
  if [[ -z $__peerd_ready ]]; then
    __peerd_ready=1 __peerd_turn=''
    __peerd_write '{"ev":"ready"}\n'
  elif [[ -n $__peerd_message$__peerd_turn ]]; then
    __peerd_ended "$1"
    # Output without a last newline must not share its line with the prompt: this wraps only from past column 0.
    builtin printf '%*s\r\e[K' "${COLUMNS:-0}" ''
  fi
  __peerd_arm
  __peerd_dress
  return 0
}

__peerd_arm() { # what the user or a body took away
  [[ ${PROMPT_COMMAND[*]: -1} == '__peerd_prompt "$?"' ]] || PROMPT_COMMAND+=('__peerd_prompt "$?"')
  [[ ${PS0-} == *__peerd_began* ]] || PS0="${PS0-}"'$(__peerd_began)${__peerd_nil:$((__peerd_turn=1)):0}'
  builtin shopt -s promptvars execfail # sourced text counts as a script, and a failed exec ends those
  builtin alias peerd_run='\builtin source "$__peerd_here/shell_run.bash"'
}

__peerd_dress() { # one line with one marker, whatever the folder is called
  __peerd_dir=${PWD##*/}
  [[ $PWD == "${HOME-}" ]] && __peerd_dir='~'
  __peerd_dir=${__peerd_dir//[❯[:cntrl:]]/?}
  ((${#__peerd_dir} <= 40)) || __peerd_dir=${__peerd_dir:0:39}…
  PS1="$__peerd_name:"'${__peerd_dir:-/} ❯ '
  builtin export -n PS1 PS0
}

__peerd_own_exit() { # puts ours around the user's EXIT trap
  local __peerd_trap=
  builtin trap -p EXIT >|"$__peerd_folder/exit-trap"
  IFS='' builtin read -r -d '' __peerd_trap <"$__peerd_folder/exit-trap"
  [[ $__peerd_trap == *__peerd_exit* ]] && return 0
  builtin eval "set -- $__peerd_trap"
  __peerd_on_exit=${3-}
  builtin trap 'if __peerd_exit; then eval "$__peerd_on_exit"; else eval "$__peerd_on_exit"; fi' EXIT
}

# Returns the shell's status, for the user's trap to see. `exit` and `set -e` unwind to the command that was entered
# before this runs; a signal does not: then the status is of some command before, and the turn has not ended but died.
__peerd_exit() {
  __peerd_status=$?
  if [[ -n $__peerd_message && $BASH_COMMAND == *@(shell_run.bash|peerd_run)* ]]; then
    __peerd_ended "$__peerd_status"
  fi
  return "$__peerd_status"
}

# Where aliases are off. In a function, what a body declares is gone when it returns.
peerd_run() {
  builtin source "$__peerd_here/shell_run.bash" "$@"
}

readonly -f peerd_run __peerd_write __peerd_began __peerd_ended __peerd_take __peerd_refusal __peerd_remember
readonly -f __peerd_back __peerd_prompt __peerd_arm __peerd_dress __peerd_own_exit __peerd_exit

[[ :${HISTCONTROL-}: == *:ignore@(space|both):* ]] || HISTCONTROL=ignorespace${HISTCONTROL:+:$HISTCONTROL}
__peerd_own_exit
__peerd_arm
shopt "$__peerd_aliases" expand_aliases
unset __peerd_aliases
