"""A count in words for a person. Imports nothing, so that the command line may say it too."""


def counted(count: int, what: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{count} {what}{'' if count == 1 else 's'}"
