"""The launcher's care for its port: whoever listens there already must not be taken for the services."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import stack
from deploy.postgres import PostgresServer
from deploy.stack import Stack, StackDidNotStart


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody who listens on a port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_port_that_is_taken_is_said_to_be_and_nothing_is_started(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "_PORT_SECONDS", 0.2)
    port = listener.getsockname()[1]

    with pytest.raises(StackDidNotStart, match=rf"Port {port} .* is taken.*RUNG_PORT="):
        Stack(tmp_path, "embedded", port=port).start()

    assert not any(tmp_path.rglob("PG_VERSION"))


def test_a_port_that_a_killed_stack_still_holds_is_waited_for(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: PostgresServer) -> None:
        raise StackDidNotStart("the port was had")

    monkeypatch.setattr(PostgresServer, "start", start)
    threading.Timer(0.3, listener.close).start()

    with pytest.raises(StackDidNotStart, match="the port was had"):
        Stack(tmp_path, "embedded", port=listener.getsockname()[1]).start()
