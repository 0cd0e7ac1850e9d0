"""Every figure of `make bench` can be measured. What comes out on so small a network says nothing."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from deploy.bench.__main__ import measure
from deploy.bench.backlog import backlog
from deploy.bench.setting import Setting

ON_THE_LOADED_NETWORK = ("loading", "start", "memory", "latency-embedded", "evaluator")
SERVERS_OF_THEIR_OWN = ("population", "plan-change", "history", "payroll")


def test_what_stands_on_a_loaded_network_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, short in {"latency._ROUNDS": 1, "latency._ROUND_SECONDS": 0.5, "startup._ROUNDS": 1}.items():
        monkeypatch.setattr(f"deploy.bench.{name}", short)
    figures = measure(ON_THE_LOADED_NETWORK, educators=150, console=Console(file=io.StringIO()))
    assert len(figures) == 10
    assert all(figure.ours > 0 and figure.floor > 0 for figure in figures), figures


def test_what_stands_on_a_server_of_its_own_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    shorter = {"population._EDUCATORS": 20_000, "population._ROUNDS": 1, "recalculating._EDUCATORS": 60}
    shorter |= {"recalculating._TIMES": 2, "growing._FACTS": 400, "growing._TIMES": 2, "growing._ROUNDS": 1}
    shorter |= {"streams._LINES": 500, "streams._ROUNDS": 1}
    for name, short in shorter.items():
        monkeypatch.setattr(f"deploy.bench.{name}", short)
    figures = measure(SERVERS_OF_THEIR_OWN, educators=60, console=Console(file=io.StringIO()))
    assert len(figures) == 8
    assert all(figure.ours > 0 and figure.floor > 0 for figure in figures), figures


@pytest.mark.kafka
def test_a_backlog_on_kafka_is_measured(kafka_jars: Path, servers_folder: Path) -> None:
    figures = backlog(Setting(servers_folder / "bench", lambda _step: None, educators=150), events=12_000)
    assert len(figures) == 2
    assert all(figure.ours > 0 and figure.floor > 0 for figure in figures), figures
