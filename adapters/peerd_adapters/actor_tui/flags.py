"""What the actor can be told on its command line."""

import argparse
import functools
from typing import NamedTuple


class Flags(NamedTuple):
    """Durations are seconds since the start unless their help says otherwise."""

    busy_s: float
    spinner: bool
    baton: int | None
    to: str | None
    finally_to: tuple[str, str] | None
    record: str | None
    remember: bool
    conversation: str | None
    resume: bool
    boot_s: float
    eat_boot_pastes_s: float
    dialog: str | None
    permission_after_s: float | None
    permission_on: str | None
    permission_on_paste: str | None
    permission_then: str | None
    permission_drawn_after_s: float
    overlooks: int
    swallow_first_enter: bool
    stall_s: float
    ignore_hup: bool
    leave_child: bool
    crash_after_s: float | None
    crash_on: str | None
    fail_on: str | None
    crash_code: int
    exit_on: str | None
    takes_in: bool
    limit_file: str | None
    untold: str | None


def parse(argv: list[str]) -> Flags:
    """Exits 2 with the reason for a flag it does not know, as programs do."""
    parser = argparse.ArgumentParser(
        prog="actor",
        description="A terminal program that answers the messages it takes.",
        formatter_class=functools.partial(argparse.HelpFormatter, width=100),  # asked for, it takes a shutil to tell
    )
    _work(parser)
    _start(parser)
    _trouble(parser)
    told = parser.parse_args(argv)
    if told.baton is not None and told.to is None:
        parser.error("--baton needs --to")
    if told.resume and told.conversation is None:
        parser.error("--resume needs --conversation")
    return Flags(**vars(told))


def _work(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--busy-s", type=float, default=0.0, metavar="S", help="work this long on what it takes")
    add("--spinner", action="store_true", help="redraw ten times a second also when idle")
    add("--baton", type=int, metavar="N", help="pass a message `baton K` on as `baton K+1` until K is N")
    add("--to", metavar="PEER", help="who gets the baton next")
    add("--finally", dest="finally_to", type=_addressed, metavar="'PEER: TEXT'", help="send this when K is N")
    add("--exit-on", metavar="WORD", help="exit 0 after working on what contains it")
    add("--remember", action="store_true", help="keep its conversations, so that peerd can resume them")
    add("--conversation", metavar="FILE", help="keep what is said in FILE")
    add("--resume", action="store_true", help="go on with what FILE holds; exit 1 where there is none")
    add("--takes-in", action="store_true", help="name its turns, and take what is entered meanwhile into the open one")
    add("--record", metavar="FILE", help="append every byte it gets, and to FILE.jsonl and FILE.d/ what it takes")


def _start(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--boot-s", type=float, default=0.0, metavar="S", help="take this long to start, and drop what was typed")
    add("--dialog", metavar="TEXT", help="ask this before anything else; 1 or Enter: yes, 2 or Esc: exit 1")
    add("--eat-boot-pastes", dest="eat_boot_pastes_s", type=float, default=0.0, metavar="S",
        help="drop all input for this long after it looks ready")  # fmt: skip


def _trouble(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--swallow-first-enter", action="store_true", help="ignore the first Enter after a paste, once a message")
    add("--stall-s", type=float, default=0.0, metavar="S", help="stand still that long before an Enter takes effect")
    add("--permission-after-s", type=float, metavar="S", help="ask for a permission then")
    add("--permission-on", metavar="WORD", help="ask for a permission when working on what contains it")
    add("--permission-then", metavar="WORD", help="ask for that once the first was given")
    add("--permission-drawn-after-s", type=float, default=0, metavar="S", help="draw what is asked that long after it")
    add("--overlooks", type=int, default=0, metavar="N", help="lose the first N keys at questions for a permission")
    add("--permission-on-paste", metavar="WORD", help="ask for one, once, as what contains it is pasted")
    add("--ignore-hup", action="store_true", help="ignore SIGHUP and SIGTERM, and outlive the terminal by ten minutes")
    add("--leave-child", action="store_true", help="start a child that ignores SIGHUP and sleeps ten minutes")
    add("--crash-after-s", type=float, metavar="S", help="crash then")
    add("--crash-on", metavar="WORD", help="crash when working on what contains it")
    add("--fail-on", metavar="WORD", help="end the turn with exit status 1 when working on what contains it")
    add("--limit-file", metavar="FILE",
        help="end every turn by the limit that this names, while it is there: KIND, or KIND S: reset in S")  # fmt: skip
    add("--untold", metavar="FILE", help="while FILE is there, write there what belongs into its journal")
    add("--crash-code", type=int, default=1, metavar="N", help="exit status of a crash")


def _addressed(text: str) -> tuple[str, str]:
    peer, colon, body = text.partition(":")
    if not colon or not peer.strip() or not body.strip():
        raise argparse.ArgumentTypeError("write 'PEER: TEXT'")
    return peer.strip(), body.strip()
