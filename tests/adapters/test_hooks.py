"""What the hooks of agents say, as facts."""

import json

import pytest

from peerd.model.fact import (
    ConversationBegan,
    ConversationOpened,
    Fact,
    PromptOpened,
    Queued,
    Ready,
    Submitted,
    TakenIn,
    ToolRan,
    TurnBegan,
    TurnClosed,
    Unqueued,
)
from peerd.model.limit import Limit, LimitKind
from peerd.model.message import MessageId
from peerd_adapters import hooks

HEADER = "peerd message m-1 from operator (person) attempt 1 hops 0:"


def said(event: str, **fields: object) -> str:
    return json.dumps({"hook": event, "said": json.dumps(fields)})


def queued(operation: str, reason: str | None = None) -> str:
    line = {"type": "queue-operation", "operation": operation, "content": f"{HEADER}\nhello"}
    return json.dumps(line | ({"reason": reason} if reason else {}))


def given(content: object, **more: object) -> str:
    return json.dumps({"type": "user", "message": {"role": "user", "content": content}, **more})


OPENED, BEGAN = ConversationOpened("c-1"), ConversationBegan("c-1")
HOOKS: dict[str, tuple[str, tuple[Fact, ...]]] = {
    "start": (said("SessionStart", session_id="c-1", source="startup"), (OPENED, Ready())),
    "start, and where it is kept": (
        said("SessionStart", session_id="c-1", source="startup", transcript_path="/t"),
        (ConversationOpened("c-1", "/t"), Ready()),
    ),
    "start, without an id": (said("SessionStart", source="startup"), (Ready(),)),
    "resumed": (said("SessionStart", session_id="c-1", source="resume"), (BEGAN, Ready())),
    "compacted in mid-turn": (said("SessionStart", session_id="c-1", source="compact"), ()),
    "cleared": (said("SessionStart", source="clear"), (TurnClosed(None, 130),)),
    "cleared, and where the next conversation is kept": (
        said("SessionStart", session_id="c-2", source="clear", transcript_path="/t2"),
        (ConversationOpened("c-2", "/t2"), TurnClosed(None, 130)),
    ),
    "ours": (said("UserPromptSubmit", prompt=f"{HEADER}\nhello"), (Submitted(MessageId("m-1"), 1),)),
    "ours, wrapped": (said("UserPromptSubmit", prompt=f"{HEADER} \n\n<pasted"), (Submitted(MessageId("m-1"), 1),)),
    "ours, in a turn": (
        said("UserPromptSubmit", session_id="c-1", prompt_id="t-1", prompt=f"{HEADER}\nhello"),
        (BEGAN, Submitted(MessageId("m-1"), 1, "t-1", entered=True)),
    ),
    "ours, in a turn of Codex's": (
        said("UserPromptSubmit", turn_id="t-1", prompt=f"{HEADER}\nhello"),
        (Submitted(MessageId("m-1"), 1, "t-1"),),
    ),
    "in the transcript, taken into a turn": (queued("remove", "absorbed_mid_turn"), (TakenIn(MessageId("m-1")),)),
    "in the transcript, queued": (queued("enqueue"), (Queued(MessageId("m-1")),)),
    "in the transcript, its turn": (queued("dequeue"), (Unqueued(),)),
    "in the transcript, taken back": (queued("remove", "popped_to_edit"), (Unqueued(),)),
    "in the transcript, given to the model": (given(f"{HEADER}\nhello"), (Submitted(MessageId("m-1"), 1),)),
    "in the transcript, given to the model in a turn": (
        given(f"{HEADER}\nhello", promptId="t-1"),
        (Submitted(MessageId("m-1"), 1, "t-1"),),
    ),
    "in the transcript, given in parts": (
        given([{"type": "image"}, {"type": "text", "text": f"{HEADER}\nhello"}]),
        (Submitted(MessageId("m-1"), 1),),
    ),
    "in the transcript, what a tool gave": (given([{"type": "tool_result", "content": f"{HEADER}\nhello"}]), ()),
    "in the transcript, to an agent of its own": (given(f"{HEADER}\nhello", isSidechain=True), ()),
    "in the transcript, not the user's": (given(f"{HEADER}\nhello", isMeta=True), ()),
    "in the transcript, kept from the model by a hook": (
        json.dumps({"type": "system", "content": f"operation blocked by hook\n\nOriginal prompt: {HEADER}\nhello"}),
        (),
    ),
    "in the transcript, half a line": ('{"type": "user", "message": {"role": "user", "content": "peerd', ()),
    "a person's": (said("UserPromptSubmit", prompt="hello", turn_id="t-2"), (TurnBegan("t-2"),)),
    "a person's, quoting": (said("UserPromptSubmit", prompt=f"what is {HEADER}"), (TurnBegan(),)),
    "taken for pasted content": (
        said("UserPromptSubmit", prompt=f'\n\n<pasted_content id="t1">\n{HEADER}\nhello\n</pasted_content id="t1">\n'),
        (Submitted(MessageId("m-1"), 1),),
    ),
    "its header quoted in other pasted content": (
        said("UserPromptSubmit", prompt=f'look: <pasted_content id="t1">\n{HEADER}\nhello'),
        (TurnBegan(None),),
    ),
    "prompt": ('{"hook": "PermissionRequest"}', (PromptOpened(),)),
    "tool ran": ('{"hook": "PostToolUse"}', (TurnBegan(ran=ToolRan()),)),
    "tool ran, on this": (
        json.dumps({"hook": "PostToolUse", "said": '{"cwd":"/","tool_name":"Bash","tool_input":{"command":"ls"},'}),
        (TurnBegan(ran=ToolRan("Bash", '{"command": "ls"}')),),
    ),
    "tool ran, with such a name in its arguments": (
        json.dumps({"hook": "PostToolUse", "said": '{"tool_name":"mcp__r__call","tool_input":{"tool_name":"Bash"},'}),
        (TurnBegan(ran=ToolRan("mcp__r__call", '{"tool_name": "Bash"}')),),
    ),
    "tool ran, on more": (
        json.dumps({"hook": "PostToolUse", "said": '{"tool_name":"Write","tool_input":{"content":"abc'}),
        (TurnBegan(ran=ToolRan("Write", '{"content":"abc', cut=True)),),
    ),
    "end": (said("Stop", last_assistant_message="bye", turn_id="t-1"), (TurnClosed("bye", None, "t-1"),)),
    "failed": (said("StopFailure", last_assistant_message="API Error"), (TurnClosed("API Error", 1),)),
    "limited": (
        said("StopFailure", error="rate_limit", prompt_id="t-1", transcript_path="/t"),
        (TurnClosed(None, 1, "t-1", Limit(LimitKind.RATE_LIMIT, record="/t")),),
    ),
    "failed by what is no limit": (said("StopFailure", error="invalid_request"), (TurnClosed(None, 1),)),
    "failed by nobody knows what": (said("StopFailure", error="unknown"), (TurnClosed(None, 1),)),
    "overloaded, it may be": (
        said("StopFailure", error="server_error", transcript_path="/t"),
        (TurnClosed(None, 1, None, Limit(LimitKind.OVERLOADED, record="/t", surely=False)),),
    ),
    "in the transcript, overloaded": (
        json.dumps({"isApiErrorMessage": True, "error": "server_error", "apiErrorStatus": 529}),
        (TurnClosed(None, 1, None, Limit(LimitKind.OVERLOADED)),),
    ),
    "in the transcript, a fault of the server": (
        json.dumps({"isApiErrorMessage": True, "error": "server_error", "apiErrorStatus": 500}),
        (TurnClosed(None, 1),),
    ),
    "limited, by its words alone": (
        said("StopFailure", error="unknown", last_assistant_message="You've hit your limit"),
        (TurnClosed("You've hit your limit", 1),),
    ),
    "in the transcript": (
        json.dumps({"isApiErrorMessage": True, "error": "rate_limit", "quotaLimits": {"resetsAt": 1795900000}}),
        (TurnClosed(None, 1, None, Limit(LimitKind.RATE_LIMIT, 1795900000.0)),),
    ),
    "in the transcript, and no end is told": (
        json.dumps({"isApiErrorMessage": True, "error": "overloaded", "quotaLimits": {"resetsAt": "soon"}}),
        (TurnClosed(None, 1, None, Limit(LimitKind.OVERLOADED)),),
    ),
    "long": (said("Stop", last_assistant_message="x" * 40_000), (TurnClosed("x" * 32_768 + f"\n{hooks.CUT}"),)),
    "interrupted": ('{"hook": "Interrupt"}', (TurnClosed(None, 130),)),
    "another": (said("Notification", message="x"), ()),
    "no hook": ('{"ev": "ready"}', ()),
    "half a line": ('{"hook": "Stop", "sa', ()),
    "nonsense": ("[" * 100_000, ()),
}


@pytest.mark.parametrize("name", HOOKS)
def test_what_a_hook_says_becomes_facts(name: str):
    line, facts = HOOKS[name]

    assert hooks.facts(line) == facts


def test_of_words_that_were_cut_off_the_beginning_counts():
    whole = json.dumps({"prompt": f'{HEADER}\n"quoted" \\ ' + "x" * 100})
    for end in range(len(whole) - 100, len(whole)):
        line = json.dumps({"hook": "UserPromptSubmit", "said": whole[:end]})
        assert hooks.facts(line) == (Submitted(MessageId("m-1"), 1),)


def test_a_control_character_in_words_that_were_cut_off_is_taken_as_it_is():
    line = json.dumps({"hook": "Stop", "said": '{"last_assistant_message": "a\u0001b\tc'})

    assert hooks.facts(line) == (TurnClosed("a\u0001b\tc"),)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("rate_limit", LimitKind.RATE_LIMIT),
        ("billing_error", LimitKind.BILLING),
        ("overloaded", LimitKind.OVERLOADED),
        ("authentication_failed", LimitKind.AUTHENTICATION),
        ("oauth_org_not_allowed", LimitKind.AUTHENTICATION),
        ("account_on_hold", LimitKind.AUTHENTICATION),
        ("verification_required", LimitKind.AUTHENTICATION),
        ("cloud_credential_error", LimitKind.AUTHENTICATION),
    ],
)
def test_every_class_of_error_that_is_a_limit_is_told_as_one(error: str, kind: LimitKind):
    assert hooks.facts(said("StopFailure", error=error)) == (TurnClosed(None, 1, None, Limit(kind)),)
