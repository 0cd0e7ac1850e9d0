"""A process that joins a consumer group, says so, and reads on until it is killed: ADDRESS TOPIC GROUP."""

import asyncio
import sys

from shared.events.topics import PARTITIONS
from shared.messaging import kafka
from shared.messaging.bus import Bus
from shared.messaging.embedded import EmbeddedBus


async def main(address: str, topic: str, group: str) -> None:
    # The shortest time that a broker allows until it gives a member up.
    kafka._SESSION_MS = 6_000
    bus: Bus = EmbeddedBus(address) if "://" in address else kafka.KafkaBus(address, client_id="member")
    subscription = bus.subscribe(group, [topic])
    await subscription.start()
    while len(subscription.assigned()) < PARTITIONS:
        await subscription.fetch(limit=1, wait_seconds=0.1)
    print("joined", flush=True)
    while True:
        await subscription.fetch(limit=1, wait_seconds=1)


asyncio.run(main(*sys.argv[1:]))
