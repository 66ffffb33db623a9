"""A write becomes rows. Knows no transaction and no thread."""

from typing import assert_never

from peerd.store.approvals import SetApproval, set_approval
from peerd.store.database import Connection
from peerd.store.home_rows import set_home
from peerd.store.limited import SetLimit, set_limit
from peerd.store.message_rows import (
    insert_message,
    revive,
    set_beside,
    set_delivery,
    set_due,
    set_hold,
    set_said,
    set_task,
    set_typed,
    take_out,
)
from peerd.store.noticed import KeepNotices, KeepPending, SetLooked, keep_notices, keep_pending, set_looked
from peerd.store.old import Dropped, DropReceipts, DropSessions, DropTexts, drop_receipts, drop_sessions, drop_texts
from peerd.store.owed import SettleReport, settle_report
from peerd.store.paused import SetPair, set_pair
from peerd.store.refused import SetRefused, set_refused
from peerd.store.rename_rows import finish_rename, rename_peer
from peerd.store.session_rows import (
    add_outlived,
    end_session,
    finish_removal,
    forget_peer,
    insert_session,
    set_conversation,
    set_crash_loop,
    set_ending,
    set_host,
    set_journal_read,
    set_mark,
    set_paused,
    set_ready,
    set_spec,
    set_version,
    set_want,
    try_disk,
)
from peerd.store.statement import packed
from peerd.store.steps import SetBeside, SetDue, SetLate, SetShared
from peerd.store.write import (
    AddOutlived,
    EndSession,
    FinishRemoval,
    FinishRename,
    ForgetPeer,
    InsertMessage,
    InsertSession,
    RenamePeer,
    Revive,
    SetConversation,
    SetCrashLoop,
    SetDelivery,
    SetEnding,
    SetHold,
    SetHome,
    SetHost,
    SetJournalRead,
    SetMark,
    SetPaused,
    SetReady,
    SetSaid,
    SetSpec,
    SetTask,
    SetTyped,
    SetVersion,
    SetWant,
    TakeOut,
    TryDisk,
    Write,
)

_OfPeer = (
    SetWant
    | ForgetPeer
    | FinishRemoval
    | RenamePeer
    | FinishRename
    | SetMark
    | SetCrashLoop
    | SetLimit
    | SetPair
    | SetRefused
    | SetPaused
    | SetSpec
)
_OfEnd = EndSession | AddOutlived
_OfSession = SetHost | SetReady | SetVersion | SetTyped | SetConversation | SetJournalRead | SetEnding | _OfEnd
_OfMessage = InsertMessage | SetDelivery | TakeOut | Revive | SetDue | SetBeside | SetHold | SetSaid | SetTask


def apply(connection: Connection, write: Write) -> bool:
    """Whether anything was changed. Raises PeerdError for what the record refuses."""
    match write:
        case TryDisk():
            return try_disk(connection)
        case SetHome():
            return set_home(connection, write)
        case InsertSession(session):
            return insert_session(connection, session)
        case SetWant() | ForgetPeer() | FinishRemoval() | RenamePeer() | FinishRename():
            return _of_peer(connection, write)
        case SetMark() | SetCrashLoop() | SetLimit() | SetPair() | SetRefused() | SetPaused() | SetSpec():
            return _of_peer(connection, write)
        case SetHost() | SetReady() | SetVersion() | SetTyped() | SetConversation() | SetJournalRead():
            return _of_session(connection, write)
        case SetEnding() | EndSession() | AddOutlived():
            return _of_session(connection, write)
        case InsertMessage() | SetDelivery() | TakeOut() | Revive() | SetDue() | SetLate() | SetShared():
            return _of_message(connection, write)
        case SetHold() | SetSaid() | SetTask():
            return _of_message(connection, write)
        case SettleReport():
            return settle_report(connection, write)
        case KeepNotices():
            return keep_notices(connection, write)
        case KeepPending():
            return keep_pending(connection, write)
        case SetLooked():
            return set_looked(connection, write)
        case SetApproval():
            return set_approval(connection, write)
        case DropTexts() | DropReceipts() | DropSessions():
            return _drop(connection, write)
        case _:
            assert_never(write)


def _drop(connection: Connection, write: Dropped) -> bool:
    match write:
        case DropTexts():
            return drop_texts(connection, write)
        case DropReceipts():
            return drop_receipts(connection, write)
        case DropSessions():
            return drop_sessions(connection, write)
        case _:
            assert_never(write)


def _of_session(connection: Connection, write: _OfSession) -> bool:
    match write:
        case SetHost(session, host):
            return set_host(connection, session, packed(host))
        case SetReady(session, at):
            return set_ready(connection, session, at)
        case SetVersion(session, version):
            return set_version(connection, session, version)
        case SetTyped():
            return set_typed(connection, write)
        case SetConversation():
            return set_conversation(connection, write)
        case SetJournalRead(session, offset):
            return set_journal_read(connection, session, offset)
        case SetEnding():
            return set_ending(connection, write)
        case EndSession():
            return end_session(connection, write)
        case AddOutlived():
            return add_outlived(connection, write)
        case _:
            assert_never(write)


def _of_message(connection: Connection, write: _OfMessage) -> bool:
    match write:
        case InsertMessage():
            return insert_message(connection, write)
        case SetDelivery():
            return set_delivery(connection, write)
        case TakeOut():
            return take_out(connection, write)
        case Revive():
            return revive(connection, write)
        case SetDue():
            return set_due(connection, write)
        case SetLate() | SetShared():
            return set_beside(connection, write)
        case SetHold():
            return set_hold(connection, write)
        case SetSaid():
            return set_said(connection, write)
        case SetTask():
            return set_task(connection, write)
        case _:
            assert_never(write)


def _of_peer(connection: Connection, write: _OfPeer) -> bool:
    match write:
        case SetWant():
            return set_want(connection, write)
        case ForgetPeer():
            return forget_peer(connection, write)
        case FinishRemoval(peer):
            return finish_removal(connection, peer)
        case RenamePeer():
            return rename_peer(connection, write)
        case FinishRename(old):
            return finish_rename(connection, old)
        case SetMark():
            return set_mark(connection, write)
        case SetCrashLoop():
            return set_crash_loop(connection, write)
        case SetPair():
            return set_pair(connection, write)
        case SetRefused():
            return set_refused(connection, write)
        case SetLimit():
            return set_limit(connection, write)
        case SetPaused():
            return set_paused(connection, write)
        case SetSpec(peer, spec, folder):
            return set_spec(connection, peer, packed(spec) if spec else None, folder)
        case _:
            assert_never(write)
