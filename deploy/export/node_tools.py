"""The Node tools that judge the generated files: installed from their lock, run from their folder."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_INSTALL_SECONDS = 600
_RUN_SECONDS = 300
_LOCK = "package-lock.json"


class NodeMissing(Exception):
    """No Node here, or not the tools."""


class JudgeRefused(Exception):
    """A tool found a fault; the message is what it said."""


@dataclass(frozen=True)
class NodeTools:
    """The tools in `folder`/node_modules."""

    folder: Path

    @classmethod
    def installed(cls, folder: Path) -> Self:
        """Install what the lock names, unless it is there. Raises NodeMissing."""
        if shutil.which("node") is None or shutil.which("npm") is None:
            raise NodeMissing("node and npm are not on the PATH: install Node 20.19 or newer.")
        lock = hashlib.sha256((folder / _LOCK).read_bytes()).hexdigest()
        mark = folder / "node_modules" / ".rung-lock"
        if not mark.exists() or mark.read_text() != lock:
            done = _run(["npm", "ci"], folder, seconds=_INSTALL_SECONDS)
            if done.returncode != 0:
                raise NodeMissing(f"npm could not install the tools: {done.stdout[-2000:]}{done.stderr[-2000:]}")
            mark.write_text(lock)
        return cls(folder)

    def run(self, tool: str, *arguments: str) -> str:
        """What the tool printed on standard output. Raises JudgeRefused where it ended with an error."""
        return self._checked([str(self.folder / "node_modules" / ".bin" / tool), *arguments])

    def script(self, name: str, *arguments: str) -> str:
        """The same for a script of ours in the folder."""
        return self._checked(["node", str(self.folder / name), *arguments])

    def _checked(self, command: list[str]) -> str:
        done = _run(command, self.folder, seconds=_RUN_SECONDS)
        if done.returncode != 0:
            raise JudgeRefused(f"{Path(command[0]).name} {command[1]}\n{done.stdout}{done.stderr}".strip())
        return done.stdout


def _run(command: list[str], folder: Path, *, seconds: int) -> "subprocess.CompletedProcess[str]":
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=folder, env=os.environ | quiet, capture_output=True, text=True, check=False, timeout=seconds
    )
