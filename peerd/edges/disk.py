"""Whether a disk takes what is written. Leaves nothing behind."""

import os
import tempfile


def refusal(folder: str, size: int) -> str | None:
    """Why so many bytes cannot be written in this folder now; None: they can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * size)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return None
