"""Files beside a message are on record with it, or it is not; whose content is needed can be asked."""

from pathlib import Path

import pytest

from peerd.errors import PeerdError
from peerd.model.message import Attachment, Message, Receipt, Task
from peerd.store.decode import Senseless
from peerd.store.store import Store
from tests.build import M1, message
from tests.store.records import in_store

A, B = (Attachment(f"{letter}.txt", letter * 64, 7) for letter in "ab")
SENT = message(attachments=(B, A))


def test_they_are_read_back_in_their_order_also_by_who_reads_no_texts(tmp_path: Path):
    async def story(store: Store) -> tuple[Receipt, Receipt | None, list[Receipt]]:
        accepted = await store.accept(SENT, Task.OPEN)
        return accepted.receipt, store.reader.receipt(M1), store.reader.receipts().receipts

    accepted, read, (listed,) = in_store(tmp_path, story)
    assert accepted.message == SENT
    assert read is not None
    assert read.message.attachments == listed.message.attachments == (B, A)


@pytest.mark.parametrize("files", [(), (A, B), (B,), (B, A, A), (B, Attachment("a.txt", "c" * 64, 7))], ids=repr)
def test_the_same_id_with_other_files_is_another_message(tmp_path: Path, files: tuple[Attachment, ...]):
    async def story(store: Store) -> bool:
        await store.accept(SENT, Task.OPEN)
        assert not (await store.accept(SENT, Task.OPEN)).new
        with pytest.raises(PeerdError, match="is taken by another message"):
            await store.accept(message(attachments=files), Task.OPEN)
        return True

    assert in_store(tmp_path, story)


def test_it_is_told_which_contents_messages_have(tmp_path: Path):
    async def story(store: Store) -> set[str]:
        await store.accept(SENT, Task.OPEN)
        return store.reader.attached([A.digest, "c" * 64, B.digest])

    assert in_store(tmp_path, story) == {A.digest, B.digest}


def test_a_message_of_whose_files_some_are_lost_makes_no_sense(tmp_path: Path):
    async def story(store: Store) -> Message | None:
        await store.accept(SENT, Task.OPEN)
        store._writer._connection.execute("DELETE FROM attachment WHERE n = 1")
        with pytest.raises(Senseless, match="of 2 files beside it 1 are on record"):
            store.reader.receipt(M1)
        return None

    in_store(tmp_path, story)
