"""Which ends a delivery and a task have, and that they are kept. Pure."""

from peerd.errors import PeerdError
from peerd.model.message import Delivery, MessageId, Receipt, Task
from peerd.store.write import ForgetPeer, SetDelivery, SetTask, TakeOut, Write

UNDELIVERED = frozenset({Delivery.REFUSED, Delivery.EXPIRED, Delivery.CANCELLED, Delivery.DEAD})
ENDED = UNDELIVERED | {Delivery.SUBMITTED}


def delivery_moves(message: MessageId, state: Delivery, task: Task | None, to: Delivery, *, reopens: bool) -> bool:
    """Whether this is a step; False where it ended so already. Raises PeerdError where it ended otherwise."""
    if state not in ENDED:
        return True
    if to is state:
        return False
    if reopens and (state, to, task) == (Delivery.SUBMITTED, Delivery.ACCEPTED, Task.OPEN):
        return True
    raise PeerdError(f"{message} is {state.value} and stays so: it cannot become {to.value}, nothing was changed")


def task_moves(message: MessageId, state: Delivery, task: Task | None, to: Task) -> bool:
    """Whether this is a step; False where it ended so already. Raises PeerdError where it ended otherwise."""
    if task is None:
        raise PeerdError(f"{message} asks for no work: it has no task that could be {to.value}, nothing was changed")
    if task is Task.OPEN:
        return True
    if to is task:
        return False
    if (task, to) == (Task.TURN_ENDED, Task.ANSWERED) or (to is Task.OPEN and state not in UNDELIVERED):
        return True
    raise PeerdError(f"the task of {message} is {task.value} and stays so: it cannot become {to.value}")


def is_lost(receipt: Receipt) -> bool:
    """Neither delivered nor, read some other way, answered all the same."""
    return receipt.state in UNDELIVERED and receipt.task is not Task.ANSWERED


def may_end(write: Write) -> bool:
    """Whether a message may have come to its end by this."""
    match write:
        case SetDelivery(state=state):
            return state in UNDELIVERED
        case SetTask(task=task):
            return task is not Task.OPEN
        case _:
            return isinstance(write, TakeOut | ForgetPeer)
