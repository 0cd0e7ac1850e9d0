"""Starts and stops everything on one machine: the database server, the broker, and the processes of the services."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from deploy.child_process import ChildProcess, tail
from deploy.kafka_broker import KafkaBroker
from deploy.migrate import migrate_all
from deploy.postgres import PostgresServer
from deploy.server_folder import free_port
from deploy.workspace import SERVICES, Engine, Workspace
from shared.events.topics import Topic

Step = Callable[[str], None]
_READY_SECONDS = 60
_STOP_SECONDS = 15


class StackDidNotStart(RuntimeError):
    """A part of the stack ended or did not become ready; the message has the end of its log."""


class Stack:
    """The whole product on `engine`, serving on http://127.0.0.1:`port`. `report` is told of each step."""

    def __init__(self, root: Path, engine: Engine, *, port: int, report: Step = lambda _step: None) -> None:
        self.workspace = Workspace(root, engine)
        self.engine = engine
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.postgres = PostgresServer(self.workspace.folder / "postgres")
        self.broker: KafkaBroker | None = None
        self.processes: dict[str, ChildProcess] = {}
        self._report = report

    def start(self) -> None:
        """Raises StackDidNotStart, PostgresDidNotStart, KafkaDidNotStart; what had started is stopped again."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._report("starting PostgreSQL")
        self.postgres.start()
        for name in (*SERVICES, "bus"):
            self.postgres.create_database(name)
        self._report("migrating the four databases")
        migrate_all({service: self.postgres.url(service) for service in SERVICES})
        if self.engine == "kafka":
            self._start_on_kafka()
        else:
            self._start_embedded()
        self._report("waiting until everything is ready")
        self._wait_until_ready()

    def _start_embedded(self) -> None:
        from deploy.embedded import create_topics

        asyncio.run(create_topics(self.postgres.url("bus")))
        self._report("starting the four services in one process")
        databases = {f"RUNG_{name.upper()}_DATABASE_URL": self.postgres.url(name) for name in (*SERVICES, "bus")}
        self._spawn(
            "rung",
            "deploy.embedded",
            {**databases, "RUNG_PORT": str(self.port), "RUNG_WORKSPACE": str(self.workspace.root)},
        )

    def _start_on_kafka(self) -> None:
        self._report("starting Kafka")
        self.broker = KafkaBroker(self.workspace.folder / "broker", jars_in=self.workspace.root / "kafka")
        self.broker.start()
        from shared.events.topics import PARTITIONS

        self.broker.create_topics(list(Topic), PARTITIONS)
        self._report("starting the services, an API and a worker each")
        upstreams = {}
        for service in SERVICES:
            port = free_port()
            upstreams[f"RUNG_GATEWAY_{service.upper()}"] = f"http://127.0.0.1:{port}"
            self._spawn(f"{service}-api", f"services.{service}.main", self._of_service(service, port))
            self._spawn(f"{service}-worker", f"services.{service}.worker", self._of_service(service, free_port()))
        self._spawn("gateway", "deploy.gateway", {**upstreams, "RUNG_PORT": str(self.port)})

    def _of_service(self, service: str, port: int) -> dict[str, str]:
        assert self.broker is not None  # noqa: S101 - only called on Kafka
        return {
            "RUNG_DATABASE_URL": self.postgres.url(service),
            "RUNG_KAFKA_BOOTSTRAP": self.broker.bootstrap,
            "RUNG_PORT": str(port),
        }

    def _spawn(self, name: str, module: str, environment: Mapping[str, str]) -> None:
        common = {
            "RUNG_TOKEN_KEYS": str(self.workspace.issuer().jwks_path),
            "RUNG_PERSON_KEY_SECRET": self.workspace.person_key_secret(),
            "RUNG_PROVIDERS_FILE": str(self.workspace.providers_file),
        }
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("RUNG_")}
        self.processes[name] = ChildProcess.spawn(
            [sys.executable, "-m", module],
            log=self.log_of(name),
            death_signal=signal.SIGTERM,
            environment={**inherited, **common, **environment},
        )

    def log_of(self, name: str) -> Path:
        """Where a process writes its log."""
        folder = self.workspace.folder / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        with httpx.Client(base_url=self.url, timeout=2.0) as client:
            while time.monotonic() < deadline:
                for name, process in self.processes.items():
                    if not process.is_running:
                        raise StackDidNotStart(f"{name} ended at once. The end of its log:\n{tail(self.log_of(name))}")
                try:
                    if client.get("/readyz").status_code == httpx.codes.OK:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.05)
        raise StackDidNotStart(f"{self.url}/readyz did not answer 200 within {_READY_SECONDS} s; see {self.workspace.folder}")

    def stop(self) -> None:
        """Ask every process to finish, then the broker, then the database server."""
        for process in self.processes.values():
            if process.is_running:
                os.kill(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            process.end(signal.SIGTERM, seconds=_STOP_SECONDS)
        self.processes.clear()
        if self.broker is not None:
            self.broker.stop()
        self.postgres.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
