"""What a person must know of: the daemon's own files that are wrong, and the peers that wait for somebody."""

from peerd.config import read_settings
from peerd.counted import counted
from peerd.daemon import cleanup, deadlocks, home_copy, peerless, wait_cycles
from peerd.daemon.approvals import api
from peerd.daemon.context import Daemon
from peerd.daemon.notices import guards, notify, peers
from peerd.daemon.pairs import budget
from peerd.daemon.quota import unread_by_operator, unread_max
from peerd.errors import ConfigError
from peerd.model.notice import Notice, Severity
from peerd.model.peer import OPERATOR


def notices(daemon: Daemon) -> list[Notice]:
    """Empty where nothing is wrong. Two that are told of the same are the same."""
    return [
        *_of_record(daemon),
        *home_copy.notices(daemon),
        *home_copy.moved_away(daemon),
        *daemon.senseless,
        *_unread(daemon),
        *_dead(daemon),
        *notify.notices(daemon),
        *budget.notices(daemon),
        *wait_cycles.notices(daemon),
        *deadlocks.notices(daemon),
        *peerless.notices(daemon),
        *cleanup.notices(daemon),
        *api.notices(daemon),
        *peers.notices(daemon),
        *peers.failing(daemon),
        *guards.notices(daemon),
        *_of_files(daemon),
    ]


def _of_record(daemon: Daemon) -> list[Notice]:
    """The store and the log."""
    aside, lost = daemon.store.set_aside, daemon.log.trouble
    damaged = f"the store was damaged ({aside.why}); it is kept as {aside.path}, a new one was begun" if aside else ""
    losing = f"log lines are being lost: {lost}" if lost else ""
    told = (
        Notice(kind="store", about=aside.path if aside else "", text=damaged),
        Notice(kind="log", about=daemon.home.logs, text=losing),
        Notice(kind="disk", about=daemon.home.store, text=_of_disk(daemon), severity=Severity.URGENT),
    )
    return [each for each in told if each.text]


def _of_disk(daemon: Daemon) -> str:
    unwritten, refused = daemon.store.trouble, daemon.store.refusal
    if unwritten:
        return f"some records are not on disk yet; peerd keeps trying: {unwritten}"
    return f"messages and other requests are refused, as they cannot be stored: {refused}" if refused else ""


def _unread(daemon: Daemon) -> list[Notice]:
    unread = unread_by_operator(daemon)
    if unread.count < unread_max(daemon):
        return []
    text = f"{OPERATOR} has {unread}, and gets no more, except answers"
    lists = "`peerd inbox ls --all` lists them, `peerd queue cancel ID` takes one back"
    remedy = f"{lists if unread.later else '`peerd inbox` shows them'}, `peerd queue purge {OPERATOR}` cancels them all"
    return [Notice(kind="unread", about=OPERATOR, text=text, remedy=remedy)]


def _dead(daemon: Daemon) -> list[Notice]:
    """What peers, or the operator, were sent came to nothing, and nobody has looked."""
    found = sorted(daemon.store.reader.unseen_losses().items())
    return [
        Notice(
            kind="dead",
            about=name,
            text=f"{counted(count, 'message')} to {name} failed since you last looked",
            remedy=f"`peerd {'inbox ls --all' if name == OPERATOR else f'queue ls {name}'}` shows "
            f"{'it' if count == 1 else 'them'}, and at a terminal marks {'it' if count == 1 else 'them'} as seen; "
            f"`peerd queue requeue ID` {'makes one unread' if name == OPERATOR else 'delivers one'} again",
            again=count,
        )
        for name, count in found
        if name in daemon.loop.peers or name == OPERATOR
    ]


def _of_files(daemon: Daemon) -> list[Notice]:
    """Of the configuration, each thing that is wrong told once."""
    rejected = (why for each in daemon.rejected.values() for why in each)
    notes = {*daemon.odd, *(why for each in daemon.unread.values() for why in each)}
    found = {
        **{each.text: each for each in _of_settings(daemon)},
        **{each.told: each for each in peers.of_runtimes(daemon)},
        **{why: Notice(kind="spec", about=why, text=why, severity=Severity.NOTE) for why in notes},
        **{why: Notice(kind="spec", about=why.partition(": ")[0], text=why) for why in rejected},
    }
    return [notice for _, notice in sorted(found.items())]


def _of_settings(daemon: Daemon) -> list[Notice]:
    """They are read once: what is wrong with them now would keep the next daemon from starting."""
    file = daemon.home.settings_file
    try:
        read_settings(file)
    except ConfigError as error:
        text = f"{error} This daemon goes on with what it read; the next one will not start."
        return [Notice(kind="settings", about=file, text=text)]
    return []
