"""Identifiers: UUIDv7 (RFC 9562, section 5.7) for what is new, UUIDv5 for what must come out the same twice."""

import secrets
from datetime import datetime
from uuid import UUID, uuid5

_RUNG = UUID("0192f0c8-51a6-7cc1-9d3e-6a1f0e6b2d10")


def uuid7(moment: datetime) -> UUID:
    """A new id that sorts by `moment` (milliseconds) and is random below that."""
    milliseconds = int(moment.timestamp() * 1000)
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def derived_id(*parts: str) -> UUID:
    """The same id for the same parts, always: what a replay must reproduce is named this way."""
    return uuid5(_RUNG, "\x1f".join(parts))
