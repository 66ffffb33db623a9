"""Room on the disk that is held for what has happened, and let go for it where there is no other."""

import contextlib
import os

SIZE_BYTES = 1 << 20  # a commit takes some 4 KiB pages in the -wal file, the next owner's -shm 32 KiB
AMPLE_BYTES = 16 << 20  # of free room, before it is held again
SPARE_BYTES = 2 * SIZE_BYTES  # of free room, less than which counts as the reserve's where it is not held


class Reserve:
    """One file beside the store's."""

    def __init__(self, path: str) -> None:
        self._path = f"{path}-reserve"
        self.held = self._is_whole()

    def hold(self) -> None:
        """Where there is room to spare; without it nothing is held, and all else goes on."""
        with contextlib.suppress(OSError):
            if self.held or self._free() < AMPLE_BYTES:
                return
            with open(self._path, "wb", opener=_private, buffering=0) as file:
                self.held = file.write(bytes(SIZE_BYTES)) == SIZE_BYTES
        if not self.held:
            self.let_go()

    def leaves_room(self) -> bool:
        """Whether what is only asked for may be written: not into the room that was let go."""
        try:
            return self.held or self._free() >= SPARE_BYTES
        except OSError:
            return True  # let the disk say what is wrong with it

    def let_go(self) -> bool:
        """Whether there was any."""
        there, self.held = self.held, False
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        return there

    def _free(self) -> int:
        disk = os.statvfs(os.path.dirname(self._path))
        return disk.f_bavail * disk.f_frsize

    def _is_whole(self) -> bool:
        with contextlib.suppress(OSError):
            return os.path.getsize(self._path) == SIZE_BYTES
        return False


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
