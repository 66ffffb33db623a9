"""Letters on their way to the daemon, sent by a thread of their own: the screen never waits for a socket."""

import os
import queue
import threading
from collections import deque
from typing import NamedTuple

from peerd import errors
from peerd.rpc.client import call
from peerd_adapters.actor_tui.work import Letter

CALL_WITHIN_S = 10.0
BACKOFF_FIRST_S = 0.05
BACKOFF_MAX_S = 2.0
GIVE_UP_AFTER = 300  # tries: ten minutes of a daemon that is down

COMES_BACK = (errors.DaemonNotRunning, errors.DaemonLost, errors.TryAgain, errors.InternalError)


class News(NamedTuple):
    """What became of a letter. `settled` is False while it is tried again."""

    letter: Letter
    settled: bool
    text: str


class Post:
    """Letters leave in the order they were put in; one that must be tried again holds up the rest."""

    def __init__(self, socket: str, token: str, wake: int) -> None:
        """A byte is written to `wake` whenever `news` has more."""
        self._socket = socket
        self._token = token
        self._wake = wake
        self._letters: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        self._again = threading.Event()  # never set: what it is for is its timeout
        self.news: deque[News] = deque()
        threading.Thread(target=self._carry, name="post", daemon=True).start()

    def put(self, letter: Letter) -> None:
        self._letters.put(letter)

    def _carry(self) -> None:
        while True:
            self._deliver(self._letters.get())

    def _deliver(self, letter: Letter) -> None:
        pause_s = BACKOFF_FIRST_S
        for _ in range(GIVE_UP_AFTER):
            try:
                self._send(letter)
                return self._tell(News(letter, True, "sent"))
            except COMES_BACK as error:
                self._tell(News(letter, False, str(error)))
            except errors.PeerdError as error:
                return self._tell(News(letter, True, f"refused: {error}"))
            self._again.wait(pause_s)
            pause_s = min(BACKOFF_MAX_S, 2 * pause_s)
        self._tell(News(letter, True, "given up"))

    def _send(self, letter: Letter) -> None:
        params = {"to": letter.to, "body": letter.body, "id": letter.id, "reply_to": letter.reply_to}
        asked = {key: value for key, value in params.items() if value is not None} | {"wait": "accepted"}
        call("message.send", asked, timeout_s=CALL_WITHIN_S, socket_path=self._socket, token=self._token)

    def _tell(self, news: News) -> None:
        self.news.append(news)
        os.write(self._wake, b".")
