"""What all figures share: the folder they work in, who is told what happens, the size of the sample network."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.kafka_broker import resolve_jars
from deploy.server_folder import free_port
from deploy.stack import Stack
from deploy.workspace import Engine

Report = Callable[[str], None]

KEPT = Path(".rung")
"""Where Kafka's jars are kept from run to run, and the figures are written."""


class BenchFailed(RuntimeError):
    """Something that is measured did not do its work; the message tells what."""


@dataclass(frozen=True, slots=True)
class Setting:
    """`folder` is removed at the end, with all that was measured in it."""

    folder: Path
    report: Report
    educators: int

    @property
    def root(self) -> Path:
        """What `.rung` is to `make run`."""
        return self.folder / ".rung"

    def stack(self, engine: Engine) -> Stack:
        """The product on its own port; stopped as yet."""
        if engine == "kafka":
            self.bring_jars(self.root / "kafka")
        return Stack(self.root, engine, port=free_port())

    def bring_jars(self, folder: Path) -> None:
        """Have Kafka's jars in `folder` without a second copy of them. Raises KafkaDidNotStart."""
        jars = resolve_jars(KEPT / "kafka").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / jars.name).exists():
            (folder / jars.name).symlink_to(jars)


def bare_environment() -> dict[str, str]:
    """The caller's environment without what would tell the product something."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RUNG_")}
