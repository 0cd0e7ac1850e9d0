"""A small disk of its own for a server, which can be filled to the last byte. In memory, where root may mount it."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path


class Disk:
    """`folder` on a tmpfs of `megabytes` where that can be mounted; else a plain folder, and `is_small` says no."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir(parents=True)
        options = f"size={megabytes}m,mode=0755"
        mount = ["mount", "-t", "tmpfs", "-o", options, "rung-faults", str(folder)]
        try:
            self.is_small = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        except OSError:
            self.is_small = False

    def fill(self) -> int:
        """Take all that is left of it, in pieces, so that the last of them takes the last page.

        How many bytes that were; 0 where it is not full in the end, because whoever works on it gave some back.
        """
        with self._ballast.open("wb") as ballast:
            size = 0
            for piece in (1 << 24, 1 << 20, 1 << 12):
                with suppress(OSError):
                    while True:
                        os.posix_fallocate(ballast.fileno(), size, piece)
                        size += piece
        return size if os.statvfs(self.folder).f_bavail == 0 else 0

    def clear(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def remove(self) -> None:
        if self.is_small:
            subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, check=False)
