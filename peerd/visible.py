"""Somebody else's words as a person is shown them. Imports nothing, so that the command line may use it too."""


def visible(text: str) -> str:
    """On one line, with nothing in it that a terminal would obey: that is spelled out."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
