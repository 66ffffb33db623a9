"""Files beside a message reach an agent as lines of text with their paths, pictures too, and it may read them."""

import zlib
from pathlib import Path

from tests.real.conftest import Agents

BODY = {"short": "look at them [[say seen]]", "long": "look at them [[say seen]]\n" + "word " * 1000}
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
