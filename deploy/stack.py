"""Starts and stops everything on one machine: the database server, the broker, and the processes of the services."""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from deploy.child_process import ChildProcess, tail
from deploy.kafka_broker import KafkaBroker
from deploy.postgres import PostgresServer
from deploy.server_folder import free_port, port_is_free
from deploy.services import SERVICES
from deploy.workspace import Engine, Workspace

Step = Callable[[str], None]
_READY_SECONDS = 180
_JOB_SECONDS = 120
_STOP_SECONDS = 15
_PORT_SECONDS = 5


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
        self._starts: dict[str, Callable[[], ChildProcess]] = {}
        self._report = report

    def start(self) -> None:
        """Raises StackDidNotStart, PostgresDidNotStart, KafkaDidNotStart; what had started is stopped again."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._wait_for_port()
        self._report("starting PostgreSQL")
        self.postgres.start()
        for name in (*SERVICES, "bus"):
            self.postgres.create_database(name)
        if self.engine == "kafka":
            self._start_on_kafka()
        else:
            self._start_embedded()
        self._report("waiting until everything is ready")
        self._wait_until_ready()

    def _wait_for_port(self) -> None:
        """Whoever listens there would be taken for ours, and be given the sample. A stack just killed may linger."""
        deadline = time.monotonic() + _PORT_SECONDS
        while not port_is_free(self.port):
            if time.monotonic() > deadline:
                raise StackDidNotStart(
                    f"Port {self.port} of 127.0.0.1 is taken. Stop what listens there, or choose another port: "
                    "RUNG_PORT=9000 make run"
                )
            time.sleep(0.1)

    def _start_embedded(self) -> None:
        self._report("starting the four services in one process")
        databases = {f"RUNG_{name.upper()}_DATABASE_URL": self.postgres.url(name) for name in (*SERVICES, "bus")}
        self._spawn(
            "rung",
            "deploy.embedded",
            {**databases, "RUNG_PORT": str(self.port), "RUNG_WORKSPACE": str(self.workspace.root)},
        )

    def _start_on_kafka(self) -> None:
        bootstrap = os.environ.get("RUNG_KAFKA_BOOTSTRAP") or self._start_broker()
        kafka = {"RUNG_KAFKA_BOOTSTRAP": bootstrap}
        self._report("migrating the databases and making the topics")
        databases = {f"RUNG_{name.upper()}_DATABASE_URL": self.postgres.url(name) for name in SERVICES}
        self._run("migrate", "deploy.migrate", databases, "all")
        self._run("topics", "deploy.topics", kafka)
        self._report("starting the services, an API and a worker each")
        upstreams = {}
        for service in SERVICES:
            ports = {"api": free_port(), "worker": free_port()}
            upstreams[f"RUNG_GATEWAY_{service.upper()}"] = f"http://127.0.0.1:{ports['api']}"
            for kind, module in (("api", "main"), ("worker", "worker")):
                environment = {"RUNG_DATABASE_URL": self.postgres.url(service), "RUNG_PORT": str(ports[kind])}
                self._spawn(f"{service}-{kind}", f"services.{service}.{module}", kafka | environment)
        self._spawn("gateway", "deploy.gateway", {**upstreams, "RUNG_PORT": str(self.port)})

    def _start_broker(self) -> str:
        self._report("starting Kafka")
        self.broker = KafkaBroker(self.workspace.folder / "broker", jars_in=self.workspace.root / "kafka")
        self.broker.start()
        return self.broker.bootstrap

    def _run(self, name: str, module: str, environment: Mapping[str, str], *arguments: str) -> None:
        """Run a job to its end. Raises StackDidNotStart where it fails."""
        self._spawn(name, module, environment, *arguments)
        job = self.processes.pop(name)
        if not job.wait(_JOB_SECONDS) or job.exit_code != 0:
            job.kill()
            raise StackDidNotStart(f"{name} failed. The end of its log:\n{tail(self.log_of(name))}")

    def _spawn(self, name: str, module: str, environment: Mapping[str, str], *arguments: str) -> None:
        common = {
            "RUNG_TOKEN_KEYS": str(self.workspace.issuer().jwks_path),
            "RUNG_PERSON_KEY_SECRET": self.workspace.person_key_secret(),
            "RUNG_PSEUDONYM_KEY": self.workspace.pseudonym_key(),
            "RUNG_PROVIDERS_FILE": str(self.workspace.providers_file),
        }
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("RUNG_")}
        self._starts[name] = partial(
            ChildProcess.spawn,
            [sys.executable, "-m", module, *arguments],
            log=self.log_of(name),
            death_signal=signal.SIGTERM,
            # Two arenas: what large uploads were read with goes back to the system instead of lying about in eight.
            environment={"MALLOC_ARENA_MAX": "2", **inherited, **common, **environment},
        )
        self.processes[name] = self._starts[name]()

    def start_again(self, name: str) -> None:
        """Start a process of `processes` that has ended, as it was started before. Raises StackDidNotStart."""
        self.processes[name] = self._starts[name]()
        self._wait_until_ready()

    @property
    def log_folder(self) -> Path:
        return self.workspace.folder / "logs"

    def log_of(self, name: str) -> Path:
        """Where a process writes its log."""
        self.log_folder.mkdir(parents=True, exist_ok=True)
        return self.log_folder / f"{name}.log"

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
        raise StackDidNotStart(
            f"{self.url}/readyz did not answer 200 within {_READY_SECONDS} s; the logs are in {self.log_folder}"
        )

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
