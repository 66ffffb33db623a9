"""The hook client: one line in the journal, and never the agent's trouble."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from peerd.model.fact import TurnBegan
from peerd_adapters.here import HOOK, PYTHON
from peerd_adapters.hooks import facts

WITHIN_MS = 15.0
FLOOR_TIMES = 1.5
"""Of the same Python's own start, on a machine slower than the one the bound was set on."""


def run(journal: Path | str, event: str, said: bytes = b"{}") -> "subprocess.CompletedProcess[bytes]":
    command = (PYTHON, "-I", "-S", HOOK, str(journal), event)
    return subprocess.run(command, input=said, capture_output=True, timeout=10, check=False)


def test_what_was_said_is_one_line_of_the_journal(tmp_path: Path):
    journal = tmp_path / "journal"

    run(journal, "Stop", '{"last_assistant_message": "é\\n\U0001f44d"}\n'.encode())
    run(journal, "Interrupt", b'{"turn_id": "t-1"}')

    first, second = map(json.loads, journal.read_text().splitlines())
    assert json.loads(first["said"]) == {"last_assistant_message": "é\n\U0001f44d"}
    assert second == {"hook": "Interrupt"}
    assert os.stat(journal).st_mode & 0o777 == 0o600


def test_of_a_tool_that_ran_what_it_gave_is_left_out_and_of_what_it_was_given_the_beginning_kept(tmp_path: Path):
    journal = tmp_path / "journal"

    given = b'{"tool_input":{"command":"echo \\"tool_response\\""}'
    run(journal, "PostToolUse", given + b',"tool_response":{"stdout":"a secret"}}')
    run(journal, "PostToolUse", b'{"tool_input":{"content":"' + b"x" * 9000 + b'"}}')

    first, second = (json.loads(line)["said"] for line in journal.read_text().splitlines())
    assert first == given.decode()
    assert len(second) == 4 << 10


def test_of_what_gave_much_the_arguments_are_told_as_well(tmp_path: Path):
    journal = tmp_path / "journal"
    said = {"tool_name": "t", "tool_input": {"a": "é"}, "tool_response": "é" * (1 << 20)}

    run(journal, "PostToolUse", b" " + json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())

    assert json.loads(journal.read_text())["said"] == ' {"tool_name":"t","tool_input":{"a":"é"}'


GIVEN = [
    {"tool_response": "one", "b": "danger"},
    {"b": "danger", "tool_response": {"tool_response": "two"}},
    {"b": '"tool_input":{"a":1},"tool_response":', "c": "danger"},
]


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["tight", "wide"])
def test_what_it_was_given_is_told_whole_whatever_its_arguments_are_called(
    given: dict[str, object], separators: tuple[str, str], tmp_path: Path
):
    journal, tool = tmp_path / "journal", "mcp__tiny__echo"
    said = {"cwd": "/", "tool_name": tool, "tool_input": given, "tool_response": {"text": "a secret"}}

    run(journal, "PostToolUse", json.dumps(said, separators=separators).encode())

    (line,) = journal.read_text().splitlines()
    (began,) = facts(line)
    assert isinstance(began, TurnBegan)
    assert began.ran is not None
    assert (began.ran.tool, json.loads(began.ran.input or ""), began.ran.cut) == (tool, given, False)
    assert "a secret" not in line


@pytest.mark.parametrize("given", ["[" * 2000, '{"a":', "nothing"], ids=["deep", "cut", "no object"])
def test_of_what_cannot_be_read_the_response_is_left_out_all_the_same(given: str, tmp_path: Path):
    journal = tmp_path / "journal"

    run(journal, "PostToolUse", b'{"tool_name":"t","tool_input":' + given.encode() + b',"tool_response":"a secret"}')

    (line,) = journal.read_text().splitlines()
    assert json.loads(line)["said"].startswith('{"tool_name":"t","tool_input":')
    assert "a secret" not in line


def test_a_long_text_is_cut_and_read_to_its_end(tmp_path: Path):
    journal = tmp_path / "journal"

    done = run(journal, "UserPromptSubmit", b'{"prompt": "' + b"x" * (4 << 20) + b'"}')

    assert (done.returncode, done.stderr) == (0, b"")
    assert len(json.loads(journal.read_text())["said"]) == 64 << 10


@pytest.mark.parametrize("journal", ["/nowhere/journal", "/proc/self/journal", ""], ids=["gone", "refused", "none"])
def test_a_journal_that_cannot_be_written_is_no_agents_trouble(journal: str):
    done = run(journal, "Stop")

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_without_arguments_it_ends_well_too():
    assert subprocess.run((PYTHON, "-I", "-S", HOOK), stdin=subprocess.DEVNULL, check=False).returncode == 0


def test_lines_of_hooks_at_the_same_time_stay_whole(tmp_path: Path):
    journal = tmp_path / "journal"
    said = json.dumps({"prompt": "x" * 40_000}).encode()
    command = (PYTHON, "-I", "-S", HOOK, str(journal), "UserPromptSubmit")
    running = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(8)]
    for each in running:
        each.communicate(said, timeout=10)

    assert [json.loads(line)["said"] for line in journal.read_text().splitlines()] == [said.decode()] * 8


@pytest.mark.timing
def test_it_takes_less_than_fifteen_milliseconds_and_little_more_than_python_itself(tmp_path: Path):
    """There is no daemon here, and it makes no difference: nobody is asked."""
    journal = tmp_path / "journal"
    pairs = [(_ms(lambda: run(journal, "Stop")), _ms(_nothing)) for _ in range(15)]

    took, floor = (statistics.median(each) for each in zip(*pairs, strict=True))

    assert took < max(WITHIN_MS, FLOOR_TIMES * floor)
    assert max(each for each, _ in pairs) < 100


def _nothing() -> None:
    subprocess.run((sys.executable, "-I", "-S", "-c", "pass"), input=b"", check=True)


def _ms(act: object) -> float:
    assert callable(act)
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
