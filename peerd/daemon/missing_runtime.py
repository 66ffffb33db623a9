"""The adapter of a runtime that is not installed any more: its session lives on, and nothing is typed there."""

from collections.abc import Mapping
from typing import Literal

from peerd.adapter import Keys, Launch, Place, Prompt, Reading
from peerd.errors import ConfigError
from peerd.model.fact import Fact
from peerd.model.message import Message
from peerd.model.peer import OPERATOR, Activity, Spec
from peerd.model.screen import Screen


class Unknown:
    """Reads nothing off a screen, and starts nothing."""

    name = "unknown"
    kind: Literal["tui", "service", "pass"] = "tui"
    proved: tuple[str, ...] = ()
    accepts_from: tuple[str, ...] = (OPERATOR,)
    task_attempts = 1
    methods: tuple[str, ...] | None = ()
    ready_when: Literal["told", "seen", "started"] = "told"
    confirms: Literal["journal", "screen"] = "screen"
    redraws = False
    goes_on_refused = False
    turn_ends_task = False
    control: Mapping[str, tuple[str, ...]] = {}

    def launch(self, spec: Spec, place: Place, resume: str | None) -> Launch:
        raise ConfigError(f"no adapter for runtime {spec.runtime!r}; install it, or change the runtime of {spec.name}")

    def read(self, screen: Screen) -> Reading:
        return Reading(Activity.UNKNOWN)

    def answer(self, spec: Spec, screen: Screen) -> str | None:
        return None

    def prompt(self, screen: Screen) -> Prompt | None:
        return None

    def version(self, said: str) -> str | None:
        return None

    def compose(self, message: Message, attempt: int, place: Place) -> Keys:
        raise ConfigError("nothing can be typed into a runtime that is not known")

    def facts(self, line: str) -> tuple[Fact, ...]:
        return ()

    def last_words(self, screen: Screen, message: Message) -> str | None:
        return None
