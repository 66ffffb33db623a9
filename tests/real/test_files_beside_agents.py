"""Files beside a message reach an agent as lines of text with their paths, pictures too, and it may read them."""

import struct
import zlib
from pathlib import Path

from tests.real.conftest import Agents

BODY = {"short": "look at them [[say seen]]", "long": "look at them [[say seen]]\n" + "word " * 1000}
PNG_AS_BASE64 = "iVBORw0KGgo"
PICTURE = b"\x89PNG\r\n\x1a\n" + zlib.compress(bytes(64))


def test_an_agent_is_told_where_they_are(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    picture, notes = agents.team.root / "a picture.png", agents.team.root / "notes.txt"
    picture.write_bytes(PICTURE)
    notes.write_text("a note")

    for name, body in BODY.items():
        files = [str(picture), str(notes)]
        done = agents.team.send("ada", body, id=f"m-{name}", attach=files, wait="ended", timeout_s=60)
        (request,) = agents.asked(f"peerd message m-{name} ")
        text = next(text for text in request.users_texts if text.startswith(f"peerd message m-{name} "))
        folder = Path(agents.team.home.session(done["session"]), "files", f"m-{name}")

        assert (done["attempt"], done["answer"]) == (1, "seen")
        assert f'attached "{folder}/a_picture.png"\nattached "{folder}/notes.txt"\nlook at them' in text
        assert (folder / "a_picture.png").read_bytes() == PICTURE


def test_it_may_read_them_without_being_asked(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    notes = agents.team.root / "notes.txt"
    notes.write_text("a note")
    session = agents.team.call("peer.wake", peer="ada", timeout_s=60)["session"]
    path = f"{agents.team.home.session(session)}/files/m-1/notes.txt"

    done = agents.team.send("ada", f"[[do cat {path}]]", id="m-1", attach=[str(notes)], wait="ended", timeout_s=30)

    assert done["state"] == "submitted"
    assert done["task"] == "turn_ended", agents.screen("ada")
    assert "a note" in str(agents.models.requests[-1].body)


def test_no_file_that_a_message_names_is_read_without_being_asked_for(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    outside = agents.team.root / "outside"
    outside.mkdir()
    (outside / "key").write_text("nobody's\n")
    (outside / "a.png").write_bytes(red_png())
    (agents.team.work / "notes.md").write_text("nobody's\n")
    bodies = {
        "path": f"see @{outside}/key",
        "name": "see @notes.md and tell",
        "long": f"1\n2\n3\n4\nsee @{outside}/key and",
        "picture": f"look at\n{outside}/a.png",
        "pictures": f"1\n2\n3\n4\n5\n{outside}/a.png\n{outside}/a.png",
        "tabs": "ab\t" * 180,
        "topic": "hi",
    }

    for name, body in bodies.items():
        topic = {"topic": f"see @{outside}/key now"} if name == "topic" else {}
        done = agents.team.send("ada", body, id=f"m-{name}", wait="ended", timeout_s=60, **topic)
        (request,) = agents.asked(f"peerd message m-{name} ")

        assert (done["state"], done["attempt"], done["task"]) == ("submitted", 1, "turn_ended"), name
        assert "nobody's" not in str(request.body), name
        assert PNG_AS_BASE64 not in str(request.body), name


def test_claude_may_read_the_file_that_a_message_goes_by(agents: Agents):
    agents.add("ada", "claude")
    first = agents.team.send("ada", "see @notes.md", id="m-1", wait="ended", timeout_s=60)
    path = f"{agents.team.home.session(first['session'])}/in/m-1"
    assert f"from the file {path}" in agents.asked("peerd message m-1 ")[0].users_texts[-1]

    read = agents.team.send("ada", f'[[tool Read {{"file_path": "{path}"}}]]', wait="ended", timeout_s=30)

    assert read["task"] == "turn_ended", agents.screen("ada")
    assert "see @notes.md" in str(agents.models.requests[-1].body)


def red_png() -> bytes:
    """A picture of one point."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\xff\0\0")),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
