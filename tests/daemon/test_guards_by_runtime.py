"""Whether a peer asks for permissions goes by its runtime too, and by what its session was begun with."""

from types import SimpleNamespace
from typing import Any

import pytest

from peerd.config import Settings
from peerd.daemon.notices.guards import notices
from peerd.model.peer import Spec
from peerd_adapters.claude import Claude
from peerd_adapters.codex import Codex
from peerd_adapters.shell import Shell
from tests.build import ADA, peer, spec

RUNTIMES = {"claude": Claude(), "codex": Codex(), "shell": Shell()}


def told(declared: Spec, begun: Spec | None = None) -> list[str]:
    live = None if begun is None else SimpleNamespace(session=SimpleNamespace(spec=begun))
    daemon: Any = SimpleNamespace(
        settings=Settings(),
        home=SimpleNamespace(settings_file="peerd.toml"),
        adapters=RUNTIMES,
        loop=SimpleNamespace(peers={ADA: peer(spec=declared)}),
        living=lambda _: live,
    )
    return [each.text for each in notices(daemon)]


@pytest.mark.parametrize(("runtime", "count"), [("claude", 1), ("codex", 1), ("shell", 0), ("unheard", 0)])
def test_a_runtime_that_knows_of_no_permissions_has_no_guard_that_is_off(runtime: str, count: int):
    assert len(told(spec(runtime=runtime, permissions="bypass"))) == count
    assert told(spec(runtime=runtime)) == []


def test_a_session_that_was_begun_without_is_told_though_its_spec_asks_by_now():
    asks, bypasses = spec(runtime="codex"), spec(runtime="codex", permissions="bypass")

    assert told(asks, bypasses) == ["the session of ada was begun so that it asks for no permission"]
    assert told(bypasses, asks) == ['ada has permissions = "bypass": its next session asks for no permission']
    assert told(bypasses, bypasses) == ['ada has permissions = "bypass": it asks for no permission']
    assert told(asks, asks) == []
