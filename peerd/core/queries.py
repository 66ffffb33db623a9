"""Where a peer stands: the questions that the rules ask of it."""

from peerd.core.limit import limit_holds
from peerd.core.order import head, may_be_given
from peerd.core.state import Look, Peer, Waiting, one_task
from peerd.model.message import Hold, MessageId
from peerd.model.peer import Activity, Phase, Want

MARKED_AGAIN_S = 1.0  # until a session that is to be replaced, and had somebody at it, is looked at again


def reason_to_run(peer: Peer) -> str | None:
    """Why a peer that is not stopped should be awake; None: it may sleep."""
    if peer.called or peer.past.again:
        return peer.called or peer.past.again
    if any(each.wakes for each in may_be_given(peer)) and not peer.paused and not limit_holds(peer):
        return "message"
    if peer.kind == "service":
        return "a service"
    return "permanent" if kept_running(peer) else None


def kept_running(peer: Peer) -> bool:
    """Whether it is to run without any reason; not one that is begun for each task."""
    warm = peer.terms.kind == "tui" and not one_task(peer.spec, peer.terms.kind)
    return peer.spec.restart == "permanent" and warm


def listening(peer: Peer) -> bool:
    """Ready for a message: awake, its turn known to be closed. Unknown is not idle."""
    return peer.phase is Phase.RUNNING and peer.activity is Activity.IDLE and peer.turn is None


def in_turn(peer: Peer) -> bool:
    """In the middle of one, of a message's or a person's."""
    return peer.phase is Phase.RUNNING and (peer.turn is not None or peer.activity is Activity.BUSY)


def spent(peer: Peer) -> bool:
    """An ephemeral session that has had its one task, or may have; answers to its questions still come through, and
    that task once more where it failed by a limit."""
    if not peer.ephemeral:
        return False
    first = head(peer) if peer.doubts else None
    may_have = any(first is None or each != first.id for each in peer.doubts)
    return peer.task is not None or may_have or had_its_task(peer)


def had_its_task(peer: Peer) -> bool:
    """Whether that of a session for one is over there: not where it failed by a limit, and is next."""
    if peer.served is None or peer.finished:
        return peer.finished
    first = head(peer)
    return first is None or first.id != peer.served or not first.tried


def next_message(peer: Peer) -> Waiting | None:
    """What this session is given next. One that has had its one task takes no other, but the answers it waits for; one
    that is to be replaced takes none before it was looked at, but those, and a service none at all."""
    to_be_looked_at_first = peer.past.marked and peer.task is None and peer.considered is not Look.AT_WORK
    if peer.paused or peer.unclear or peer.kind == "service" or to_be_looked_at_first:
        return None
    if spent(peer):
        return next((each for each in may_be_given(peer) if not each.task), None)
    return head(peer)


def at_rest(peer: Peer) -> bool:
    """Awake, at its input line, nothing on its way into it."""
    return listening(peer) and peer.lease is None


def may_be_ended(peer: Peer) -> bool:
    """Nothing is under way and nothing is handed to this session, or it may hang: only time is missing, and a look.
    Where what is on record makes no sense, nobody knows whether it is wanted."""
    if peer.unclear:
        return False
    if may_hang(peer):
        return True
    kept = kept_running(peer) and not peer.ephemeral  # its next session may be of another kind
    needless = next_message(peer) is None and not kept
    return at_rest(peer) and peer.kind != "service" and (peer.past.marked or needless)


def may_hang(peer: Peer) -> bool:
    """In a turn, or over what was typed into it, of a session for one task: were it to hang there, its queue would wait
    for ever. A prompt waits for somebody, and unknown never ends anything."""
    for_one_task = peer.ephemeral and peer.kind != "service" and peer.phase is Phase.RUNNING and peer.lease is None
    over_text = bool(peer.doubts) and not (peer.finished or peer.task is not None or peer.past.marked)
    stuck = over_text and (peer.hold is not None or spent(peer))
    return for_one_task and peer.activity in (Activity.BUSY, Activity.IDLE) and (stuck or not at_rest(peer))


def hung_pass(peer: Peer) -> bool:
    """A pass at its task that may hang: it is done by its exit alone, so that it has failed then."""
    return may_hang(peer) and peer.kind == "pass" and peer.turn is not None


def hung_first(peer: Peer) -> bool:
    """A session for one task that may hang before it had that, in the turn of its first message."""
    return may_hang(peer) and peer.turn is not None and peer.turn.first and peer.task is None and not peer.joined


def idle_at(peer: Peer) -> float:
    """When it has been without activity for so long that it may be ended. A mark is no reason to end one whose task
    awaits an answer."""
    spec = peer.spec
    if may_hang(peer):
        return peer.active_at + spec.ephemeral_silent_s
    if peer.past.marked and peer.task is None:
        return peer.active_at + (MARKED_AGAIN_S if peer.considered is Look.AT_WORK else 0.0)
    if not peer.ephemeral:
        return peer.active_at + spec.idle_s
    over = peer.task is None and had_its_task(peer)
    return peer.active_at + (spec.ephemeral_quiet_s if peer.finished or over else spec.ephemeral_silent_s)


def to_be_looked_at(peer: Peer) -> bool:
    return peer.considered in (Look.NOT_YET, Look.AT_WORK) and may_be_ended(peer)


def hold_of(peer: Peer) -> Hold | None:
    """Why the head of the queue waits; None when nothing stands in its way. The queue of a peer that is stopped is
    paused: it goes on with `start`. One that failed is tried again by itself."""
    if peer.want is Want.DOWN or peer.paused:
        return Hold.QUEUE_PAUSED
    if peer.queue and head(peer) is None:
        return Hold.PAIR_PAUSED
    match peer.phase:
        case Phase.BACKOFF | Phase.FAILED:
            return Hold.BACKOFF
        case Phase.STARTING if peer.activity is Activity.BLOCKED:
            return peer.hold or Hold.DIALOG
        case Phase.ASLEEP if limit_holds(peer):
            return Hold.LIMITED
        case Phase.ASLEEP if peer.queue and not any(each.wakes for each in may_be_given(peer)):
            return Hold.ASLEEP
        case Phase.STARTING | Phase.ASLEEP | Phase.STOPPING:
            return Hold.STARTING
        case Phase.RUNNING:
            return _hold_awake(peer)


def hold_on(peer: Peer, waiting: Waiting, hold: Hold | None) -> Hold | None:
    """Of one message in its queue; `hold` is what `hold_of` says of the peer."""
    return Hold.PAIR_PAUSED if waiting.sender in peer.held_from and hold is not Hold.QUEUE_PAUSED else hold


def _hold_awake(peer: Peer) -> Hold | None:
    match peer.activity:
        case Activity.BLOCKED:
            return peer.hold or Hold.DIALOG
        case Activity.LIMITED:
            return Hold.LIMITED
        case Activity.BUSY:
            return Hold.BUSY
        case Activity.UNKNOWN:
            return peer.hold or Hold.BUSY
        case Activity.IDLE:
            taken_up = peer.turn or spent(peer) or peer.past.marked or peer.kind == "service"
            return peer.hold or (Hold.BUSY if taken_up else None)


def taken_by_nobody(service: str, question: MessageId | None) -> str:
    """Why what is for a service is cancelled; `question`: which it answers."""
    if question is None:
        return f"{service} is a service: it takes no messages"
    return f"{service} is a service, and no command of its waits for that; `peerd wait {question} --for ended` tells it"
