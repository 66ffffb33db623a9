"""A message that is being answered is not typed before that answer is on record, or refused."""

from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from peerd.daemon import quota
from peerd.daemon.receipts import Receipts
from peerd.daemon.replying import is_answered_now
from tests.build import ADA, M1, M2, message, waiting


def test_while_its_answer_is_being_stored_and_no_longer():
    daemon: Any = SimpleNamespace(receipts=Receipts(lambda id: None))
    asked = replace(waiting(M1)[0], sender=ADA)

    with quota.kept(daemon, message(id=M2, target=ADA, reply_to=M1)):
        meanwhile = is_answered_now(daemon, asked)

    assert (meanwhile, is_answered_now(daemon, asked)) == (True, False)
