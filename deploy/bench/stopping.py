"""How a run of measurements ends before its end: it is asked to, in either way, or something did not do its work."""

import signal

from deploy.bench.setting import BenchFailed
from deploy.client import DoorRefused
from deploy.kafka_broker import KafkaDidNotStart
from deploy.postgres import PostgresDidNotStart
from deploy.stack import StackDidNotStart

FAILURES = (BenchFailed, DoorRefused, KafkaDidNotStart, PostgresDidNotStart, StackDidNotStart)


def interrupt_on_signals() -> None:
    """From now on SIGINT and SIGTERM raise KeyboardInterrupt, once: a second one does not disturb the cleaning up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
