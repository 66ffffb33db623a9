"""Which peer has which listening socket, and which of them it keeps."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.daemon.held_sockets import Held
from peerd.daemon.listening import forget_strangers, handed_down, hold, let_go
from peerd.edges.manager import Passed
from peerd.errors import PeerdError
from peerd.model.endpoint import Unix
from peerd.model.peer import PeerName

WEB, API = PeerName("web"), PeerName("a-p-i")


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held("/nowhere")
    yield held
    for sock in held.values():
        sock.close()


@pytest.fixture
def at(tmp_path: Path) -> tuple[Unix, ...]:
    return tuple(Unix(f"{tmp_path}/{name}") for name in "abc")


def met(at: Unix) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        return caller.connect_ex(at.path) == 0


def test_a_peer_keeps_what_it_has_in_whatever_order_it_is_declared(held: Held, at: tuple[Unix, ...]):
    first = hold(held, WEB, at)

    assert hold(held, WEB, at[::-1]) == first[::-1]
    assert sorted(held) == ["web.0", "web.1", "web.2"]


def test_what_is_declared_no_more_is_let_go_and_what_is_new_is_had(held: Held, at: tuple[Unix, ...]):
    kept, _ = hold(held, WEB, at[:2])

    again = hold(held, WEB, (at[2], at[0]))

    assert again[1] is kept
    assert [met(each) for each in at] == [True, False, True]


def test_each_peer_has_its_own(held: Held, at: tuple[Unix, ...]):
    hold(held, WEB, at[:1])
    hold(held, API, at[1:2])

    let_go(held, WEB)

    assert list(held) == ["a-p-i.0"]
    assert [met(each) for each in at] == [False, True, False]


def test_what_was_had_stays_when_another_cannot_be_had(held: Held, at: tuple[Unix, ...]):
    (kept,) = hold(held, WEB, at[:1])
    Path(at[1].path).write_text("in the way")

    with pytest.raises(PeerdError, match="not a socket"):
        hold(held, WEB, at[:2])

    assert held == {"web.0": kept}


def test_one_that_nobody_can_meet_any_more_is_had_anew(held: Held, at: tuple[Unix, ...]):
    hold(held, WEB, at[:1])
    Path(at[0].path).unlink()

    hold(held, WEB, at[:1])

    assert met(at[0])


def test_what_came_down_from_the_daemon_before_is_had_and_what_has_no_peer_is_let_go(held: Held, at: tuple[Unix, ...]):
    before = Held("/nowhere")
    hold(before, WEB, at[:1])
    hold(before, API, at[1:2])
    units = [Passed(0, name) for name in ("peerd", "peerd.socket", "lock")]
    held |= handed_down("/nowhere", [*units, *(Passed(sock.detach(), name) for name, sock in before.items())])
    assert sorted(held) == ["a-p-i.0", "web.0"]

    forget_strangers(held, {WEB})

    assert hold(held, WEB, at[:1]) == (held["web.0"],)
    assert [met(each) for each in at] == [True, False, False]
