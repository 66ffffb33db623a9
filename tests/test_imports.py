"""The dependency law: who may import what. Read from the source, so that an import inside a function counts too."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

WORDS = ("peerd.counted", "peerd.rfc3339", "peerd.visible")

THIN = ("peerd.cli", "peerd.rpc", "peerd.paths", "peerd.errors", "peerd.ids", *WORDS)

OFFLINE = (*THIN, "peerd.store.read")

FILES = ("peerd.config", "peerd.specfile")

LAW: Mapping[str, tuple[str, ...]] = {
    "peerd.errors": (),
    "peerd.paths": (),
    "peerd.ids": ("peerd.model",),
    "peerd.counted": (),
    "peerd.visible": (),
    "peerd.rfc3339": (),
    "peerd.plainfile": (),
    "peerd.aside": ("peerd.errors",),
    "peerd.child": (),
    "peerd.scout": ("peerd.aside", "peerd.errors"),
    "peerd.config": ("peerd.specfile", "peerd.errors", "peerd.model"),
    "peerd.specwrite": ("peerd.specfile", "peerd.model", "peerd.errors"),
    "peerd.specfile": ("peerd.model", "peerd.errors", "peerd.plainfile", "peerd.specnames"),
    "peerd.specnames": ("peerd.model",),
    "peerd.model": ("peerd.model",),
    "peerd.adapter": ("peerd.model",),
    "peerd.core": ("peerd.core", "peerd.model"),
    "peerd.store": ("peerd.store", "peerd.model", "peerd.errors"),
    "peerd.edges": (
        "peerd.model",
        "peerd.errors",
        "peerd.aside",
        "peerd.child",
        "peerd.counted",
        "peerd.plainfile",
        "peerd.rfc3339",
    ),
    "peerd.rpc": ("peerd.rpc", "peerd.model", "peerd.errors", "peerd.paths", "peerd.rfc3339"),
    "peerd.daemon": ("peerd",),
    "peerd.cli": THIN,
    "peerd.cli.body": (*THIN, "peerd.plainfile"),
    "peerd.cli.attach": (*THIN, "peerd.edges.tmux.attach"),
    "peerd.cli.daemon": (*THIN, "peerd.daemon.main"),
    "peerd.cli.supervisor": (*THIN, "peerd.edges.units"),
    "peerd.cli.offline.phase": (
        *OFFLINE,
        "peerd.core.recovery",
        "peerd.core.restart",
        "peerd.core.state",
        "peerd.model",
    ),
    "peerd.cli.offline.peers": (*OFFLINE, "peerd.model", *FILES, "peerd.daemon.decisions", "peerd.daemon.stale_specs"),
    "peerd.cli.offline.queues": (*OFFLINE, "peerd.model", "peerd.core.order", "peerd.daemon.stale_specs"),
    "peerd.cli.offline.notices": (*OFFLINE, "peerd.core.board"),
    "peerd.cli.offline.pairs": (*OFFLINE, "peerd.model", "peerd.store.paused"),
    "peerd.cli.offline.targets": (*OFFLINE, "peerd.model", "peerd.core.order"),
    "peerd.cli.offline.approvals": (*OFFLINE, "peerd.config"),
    "peerd.cli.tail": (*THIN, "peerd.edges.eventlog", "peerd.edges.watch"),
    "peerd_adapters": ("peerd_adapters", "peerd.adapter", "peerd.model", "peerd.errors"),
    "peerd_adapters.actor_tui": (
        "peerd_adapters.actor_tui",
        "peerd.model.envelope",
        "peerd.rpc.client",
        "peerd.errors",
    ),
}
"""Layer -> what of ours it may import. A module's layer is the longest name that fits; an edge also sees itself."""

NEVER: Mapping[str, tuple[str, ...]] = {
    "peerd.daemon": ("peerd.cli", "peerd.gateway", "peerd_adapters"),
}

ONLY_IMPORTER: Mapping[str, tuple[str, ...]] = {
    "libtmux": ("peerd.edges.tmux.attach",),
    "watchfiles": ("peerd.edges.watch",),
    "sqlite3": ("peerd.store",),
    "platformdirs": ("peerd.paths",),
    "time": (
        "peerd.edges.clock",
        "peerd.cli.demo",
        "peerd.cli.dial",
        "peerd.cli.supervisor",
        "peerd.cli.send_result",
        "peerd_adapters.actor_tui",
    ),
}
"""Outside thing -> its owners."""

PURE = ("peerd.core", "peerd.model", "peerd.adapter", "peerd_adapters")
PURE_IMPORTS = frozenset(
    {
        "fnmatch",
        "__future__",
        "collections",
        "enum",
        "functools",
        "hashlib",
        "ipaddress",
        "itertools",
        "json",
        "math",
        "msgspec",
        "re",
        "shlex",
    }
    | {"string", "types", "typing", "unicodedata"}
)
IMPURE_CALLS = frozenset({"breakpoint", "eval", "exec", "input", "open", "print", "__import__"})

EXEMPT = frozenset({("peerd_adapters.actor", "sys"), ("peerd_adapters.here", "sys")})  # in which Python peerd runs

PROGRAMS = ("peerd_adapters.actor_tui", "peerd_adapters.fetch", "peerd_adapters.gate", "peerd_adapters.hook")
"""Processes of their own that live beside an adapter: they may do what an adapter may not."""

WEB = frozenset(
    {"aiohttp", "flask", "fastapi", "h11", "http", "httpx", "mcp", "niquests", "requests", "starlette", "urllib3"}
    | {"uvicorn", "websockets"}
)


def within(module: str, parts: tuple[str, ...]) -> bool:
    return any(module == part or module.startswith(f"{part}.") for part in parts)


def imported(module: str, tree: ast.Module, is_package: bool) -> Iterator[str]:
    """Every dotted name that is imported anywhere in the module, relative ones resolved."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def layer_of(module: str) -> str | None:
    return max((layer for layer in LAW if within(module, (layer,))), key=len, default=None)


def edge_of(module: str) -> tuple[str, ...]:
    """The edge a module belongs to: it may see itself, and no other."""
    return (".".join(module.split(".")[:3]),) if module.startswith("peerd.edges.") else ()


def against_the_layers(module: str, name: str) -> bool:
    if not within(name, ("peerd", "peerd_adapters")) or name == "peerd.__version__":
        return False
    layer = layer_of(module)
    allowed = (*LAW[layer], *edge_of(module)) if layer else ("peerd", "peerd_adapters")
    return not within(name, allowed) or within(name, NEVER.get(layer or "", ()))


def against_the_owners(module: str, name: str) -> bool:
    owners = ONLY_IMPORTER.get(name.partition(".")[0])
    return owners is not None and not within(module, owners)


def is_pure(module: str) -> bool:
    return within(module, PURE) and not within(module, PROGRAMS)


def against_purity(module: str, name: str) -> bool:
    if not is_pure(module) or (module, name.partition(".")[0]) in EXEMPT:
        return False
    return name.partition(".")[0] not in PURE_IMPORTS | {"peerd", "peerd_adapters"}


def breaches_of(module: str, source: str, is_package: bool = False) -> list[str]:
    """Every breach of the law in one module, as sentences."""
    tree, names = ast.parse(source), []
    for name in imported(module, tree, is_package):
        if against_the_layers(module, name):
            names.append(f"{module} may not import {name}")
        if against_the_owners(module, name):
            names.append(f"{module} does not own {name}")
        if against_purity(module, name):
            names.append(f"{module} is pure and imports {name}")
        if name.partition(".")[0] in WEB:
            names.append(f"{module} imports {name}: the web belongs in a service peer")
    if is_pure(module):
        names += [f"{module} is pure and calls {call}" for call in calls(tree) if call in IMPURE_CALLS]
    return names


def calls(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def modules() -> Iterator[tuple[str, Path]]:
    for top in (ROOT / "peerd", ROOT / "adapters" / "peerd_adapters"):
        for path in sorted(top.rglob("*.py")):
            parts = path.relative_to(top.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


@pytest.mark.parametrize(("module", "path"), [pytest.param(*each, id=each[0]) for each in modules()])
def test_the_law_holds_in(module: str, path: Path):
    assert breaches_of(module, path.read_text(), path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source", "breach"),
    [
        ("peerd.core.rules", "from peerd.edges import clock", "peerd.core.rules may not import peerd.edges.clock"),
        ("peerd.core.rules", "from ..store import read", "peerd.core.rules may not import peerd.store.read"),
        ("peerd.core.rules", "def f():\n    import random", "peerd.core.rules is pure and imports random"),
        ("peerd.core.rules", "import os.path", "peerd.core.rules is pure and imports os.path"),
        ("peerd.model.peer", "open('x')", "peerd.model.peer is pure and calls open"),
        ("peerd.model.peer", "from peerd import errors", "peerd.model.peer may not import peerd.errors"),
        ("peerd.edges.watch", "from . import clock", "peerd.edges.watch may not import peerd.edges.clock"),
        ("peerd.edges.tmux.line", "from ..watch import w", "peerd.edges.tmux.line may not import peerd.edges.watch.w"),
        ("peerd.store.read", "import peerd.daemon.boot", "peerd.store.read may not import peerd.daemon.boot"),
        ("peerd.daemon.loop", "from peerd.cli import main", "peerd.daemon.loop may not import peerd.cli.main"),
        ("peerd.daemon.loop", "import sqlite3", "peerd.daemon.loop does not own sqlite3"),
        ("peerd.daemon.loop", "import time", "peerd.daemon.loop does not own time"),
        ("peerd.edges.tmux.line", "import libtmux", "peerd.edges.tmux.line does not own libtmux"),
        ("peerd.cli.ls", "from platformdirs import user_dir", "peerd.cli.ls does not own platformdirs.user_dir"),
        ("peerd.daemon.x", "import httpx", "peerd.daemon.x imports httpx: the web belongs in a service peer"),
        ("peerd.cli.send", "import peerd.store.read", "peerd.cli.send may not import peerd.store.read"),
        ("peerd_adapters.shell", "import peerd.daemon", "peerd_adapters.shell may not import peerd.daemon"),
        ("peerd_adapters.shell", "import sys", "peerd_adapters.shell is pure and imports sys"),
    ],
)
def test_a_breach_is_seen(module: str, source: str, breach: str):
    assert breach in breaches_of(module, source)


@pytest.mark.parametrize(
    ("module", "source", "is_package"),
    [
        pytest.param("peerd.core.rules", "from .state import Peer", False, id="a sibling"),
        pytest.param("peerd.core", "from .state import Peer", True, id="a package its own part"),
        pytest.param("peerd.edges.tmux.line", "from .blocks import Block", False, id="an edge itself"),
        pytest.param("peerd.edges.clock", "import time", False, id="an owner its own"),
        pytest.param("peerd.daemon.loop", "from peerd.edges import clock", False, id="the daemon an edge"),
        pytest.param("peerd_adapters.actor_tui.program", "import time, os", False, id="a program what it likes"),
        pytest.param("peerd.model.peer", "import enum\nimport msgspec", False, id="pure parts"),
    ],
)
def test_what_the_law_allows_is_no_breach(module: str, source: str, is_package: bool):
    assert breaches_of(module, source, is_package) == []


def loaded_by(module: str) -> set[str]:
    """The top-level names a fresh interpreter holds after importing this."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    return set(done.stdout.split())


def test_the_client_half_of_rpc_loads_nothing_heavy():
    heavy = {"msgspec", "asyncio", "rich", "libtmux", "watchfiles", "sqlite3", "tomlkit"}

    assert loaded_by("peerd.rpc.client") & heavy == set()


def test_the_daemon_loads_nothing_of_the_web():
    assert loaded_by("peerd.daemon.main") & (WEB | {"rich"}) == set()


def needs(known: frozenset[str], module: str, path: Path) -> set[str]:
    """The modules that one imports as it is imported itself."""
    outermost = ast.Module(ast.parse(path.read_text()).body, [])
    outermost.body = [node for node in outermost.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = imported(module, outermost, path.name == "__init__.py")
    return {name if name in known else name.rpartition(".")[0] for name in names} & known - {module}


def test_no_module_imports_itself_by_way_of_others():
    """Else it depends on which is imported first whether that works."""
    found = dict(modules())
    graph = {module: needs(frozenset(found), module, path) for module, path in found.items()}

    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names them
