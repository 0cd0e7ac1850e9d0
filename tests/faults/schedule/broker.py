"""A broker that each of its clients reaches by an address of its own, so that a proxy can stand in between."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.kafka_broker import KafkaBroker


@dataclass(frozen=True)
class Entrance:
    """Where the broker listens for one client, and the port that it tells that client to come to."""

    port: int
    told: int


class BrokerWithEntrances(KafkaBroker):
    """A client that came in by an entrance is told of that entrance only: brokers name their own address."""

    def __init__(self, folder: Path, entrances: Mapping[str, Entrance], **options: Any) -> None:
        super().__init__(folder, **options)
        self._entrances = {f"ENTRANCE{number}": entrance for number, entrance in enumerate(entrances.values())}

    def stored_bytes(self) -> int:
        """Of records, of all topics but the broker's own."""
        logs = self._data.glob("*.events-*/*.log")
        return sum(log.stat().st_size for log in logs)

    def _write_properties(self, port: int, controller_port: int) -> None:
        super()._write_properties(port, controller_port)
        further = {
            "listeners": [f"{name}://127.0.0.1:{entrance.port}" for name, entrance in self._entrances.items()],
            "advertised.listeners": [
                f"{name}://127.0.0.1:{entrance.told}" for name, entrance in self._entrances.items()
            ],
            "listener.security.protocol.map": [f"{name}:PLAINTEXT" for name in self._entrances],
        }
        lines = [
            f"{line},{','.join(further[name])}" if (name := line.partition("=")[0]) in further else line
            for line in self._properties.read_text().splitlines()
        ]
        self._properties.write_text("".join(f"{line}\n" for line in lines))
