"""From a committed change to its effect elsewhere, once: outbox, relay, bus, consumer, dead letters."""
