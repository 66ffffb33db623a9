"""Room on the disk that is held for what has happened, and let go for it where there is no other."""

import contextlib
import os

SIZE_BYTES = 1 << 20  # a commit takes some 4 KiB pages in the -wal file, the next owner's -shm 32 KiB
AMPLE_BYTES = 16 << 20  # of free room, before it is held again


class Reserve:
    """One file beside the store's."""

    def __init__(self, path: str) -> None:
        self._path = f"{path}-reserve"
        self.held = os.path.exists(self._path)

    def hold(self) -> None:
        """Where there is room to spare; without it nothing is held, and all else goes on."""
        try:
            disk = os.statvfs(os.path.dirname(self._path))
            if self.held or disk.f_bavail * disk.f_frsize < AMPLE_BYTES:
                return
            with open(self._path, "wb", opener=_private, buffering=0) as file:
                self.held = file.write(bytes(SIZE_BYTES)) == SIZE_BYTES
        except OSError:
            self.let_go()

    def let_go(self) -> bool:
        """Whether there was any."""
        there, self.held = self.held, False
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        return there


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
