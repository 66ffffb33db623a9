"""What a sender is to know of what it has just sent: told with the answer, and it changes nothing."""

from peerd.core.order import own_ahead
from peerd.core.origin import Aside, Way
from peerd.core.queries import hold_of
from peerd.counted import counted
from peerd.daemon import deadlocks
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.reach import reach
from peerd.daemon.stale_files import spec_file
from peerd.errors import TmuxError
from peerd.model.message import Hold, Message


async def notes(daemon: Daemon, asker: Asker, message: Message, aside: Aside | None) -> tuple[str, ...]:
    """A sentence each. `aside`: that it goes another way than what was asked came."""
    closes = deadlocks.note(daemon, asker, message)
    circle = () if closes is None else (closes,)
    stands = (*_asleep(daemon, asker, message), *_behind_own(daemon, message))
    return (*stands, *circle, *await _aside(daemon, asker, message, aside))


def _asleep(daemon: Daemon, asker: Asker, message: Message) -> tuple[str, ...]:
    peer = daemon.loop.peers.get(message.target)
    if message.wakes or peer is None or hold_of(peer) is not Hold.ASLEEP:
        return ()
    may = f"may_wake in {spec_file(daemon, asker.name)} may allow it"
    to = message.target
    return (f"{asker.name} may not wake {to}: it waits until {to} is up for another reason. {may}.",)


def _behind_own(daemon: Daemon, message: Message) -> tuple[str, ...]:
    """One sender's messages keep their order, whatever their priority."""
    peer = daemon.loop.peers.get(message.target)
    count = own_ahead(peer, message.id) if peer is not None else 0
    if not count:
        return ()
    lists = f"`peerd queue ls {message.target}` lists {'it' if count == 1 else 'them'}"
    return (f"{counted(count, 'message')} you sent before it {'goes' if count == 1 else 'go'} first; {lists}.",)


async def _aside(daemon: Daemon, asker: Asker, message: Message, aside: Aside | None) -> tuple[str, ...]:
    """Once for each message that was asked, and way; what no message began, once in a session."""
    if aside is None:
        return ()
    about = aside.asked or asker.session or ""
    if (about, aside.way) in daemon.receipts.told_aside or not await _is_so(daemon, asker, aside):
        return ()
    daemon.receipts.told_aside.append((about, aside.way))
    daemon.log.write("beside-the-answer", id=message.id, from_=message.sender, to=message.target, asked=aside.asked)
    return (_words(message, aside),)


async def _is_so(daemon: Daemon, asker: Asker, aside: Aside) -> bool:
    """Of what no message began: whether a person sits there, who will see what it says there."""
    if aside.way is not Way.FROM_A_SCREEN:
        return True
    live = daemon.living(asker.name)
    try:
        return live is not None and await (await reach(live)).humans() > 0
    except TmuxError:
        return False


def _words(message: Message, aside: Aside) -> str:
    answers = f"`peerd reply {aside.asked} TEXT`"
    match aside.way:
        case Way.OF_ITS_OWN:
            sent = "this was sent as a message of its own, not as its answer"
            return f"{aside.by} asked you in {aside.asked}: {sent}; {answers} answers it."
        case Way.ELSEWHERE:
            return f"{aside.by} asked {aside.asked}: what you sent {message.target} does not answer it; {answers} does."
        case Way.FROM_A_SCREEN:
            return "somebody sits at your screen, and no message began this turn: say there what is to be read there."
