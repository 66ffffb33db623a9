"""The places that a declaration may name in a command line or an environment."""

import string

from peerd.adapter import Place
from peerd.errors import ConfigError
from peerd.model.peer import Spec

PLACES = ("dir", "peer", "identity", "session", "folder", "journal", "tmp", "own", "prompt", "conversation")
OF_SESSION = PLACES[:-1]
OF_PEER = ("dir", "peer", "identity", "own")
"""The same from session to session."""


def check_places(text: str, field: str, known: tuple[str, ...] = OF_SESSION) -> None:
    """Raises ConfigError for a text that names what is not there."""
    try:
        parts = _parts(text)
        if "\0" in text or any(form or conversion for _, form, conversion in parts):
            raise ValueError("only {names} are filled in")
        named = [name or "" for name, _, _ in parts]
    except ValueError as error:
        raise ConfigError(f"{field}: {text!r}: {error}; write {{{{ for a brace") from error
    for name in named:
        if name not in known:
            raise ConfigError(f"{field}: {text!r}: no {{{name}}} is known; there are {', '.join(known)}.")


def named_in(text: str) -> set[str]:
    """The places that a checked text names."""
    return {name for name, _, _ in _parts(text)}


def _parts(text: str) -> list[tuple[str, str | None, str | None]]:
    """Each place that a text names, its form and its conversion. Raises ValueError."""
    return [(name, form, how) for _, name, form, how in string.Formatter().parse(text) if name is not None]


def places(spec: Spec, place: Place) -> dict[str, str]:
    session = place.folder.rpartition("/")[2]
    of_spec = {"dir": spec.dir, "peer": spec.name, "identity": spec.identity, "session": session}
    of_place = {"folder": place.folder, "journal": place.journal, "tmp": place.tmp, "own": place.own}
    return of_spec | of_place | {"prompt": place.prompt}
