"""Folders and programs that users name, looked at beside everything else: their disk may not answer."""

import os
import shutil

from peerd.aside import Aside
from peerd.errors import NoAnswer


async def is_folder(looks: Aside, path: str, so: str = "") -> bool:
    """Raises NoAnswer; `so` says what was not done."""
    try:
        return await looks.ask(path, os.path.isdir, path)
    except NoAnswer as error:
        raise NoAnswer(f"{error} {so}".rstrip()) from error


async def program(looks: Aside, name: str, path: str | None = None, so: str = "") -> str | None:
    """Where it is, by this PATH (None: our own); None where there is none that can be run. Raises NoAnswer likewise."""
    found = os.path.abspath(name) if os.path.dirname(name) else name
    try:
        return await looks.ask(found, shutil.which, found, os.F_OK | os.X_OK, path)
    except NoAnswer as error:
        raise NoAnswer(f"{error} {so}".rstrip()) from error


async def is_the_same(looks: Aside, one: str, other: str) -> bool:
    """Whether two paths lead to one file. Raises NoAnswer likewise."""
    return await looks.ask(one, _same, one, other)


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
