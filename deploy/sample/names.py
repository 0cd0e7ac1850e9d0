"""Names of people who do not exist: built from syllables and word halves, and meant to be seen as such."""

from collections.abc import Iterator

from deploy.sample.chance import stream
from deploy.sample.model import Person


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN_FIRST = _words("Al Bel Cor Dal El Fen Gar Hal Il Jor Kel Lor Mar Nel Or Per Quin Ros Sel Tal Ul Ver Wil Yor")
_GIVEN_LAST = _words("amar ebin idor olan uvia embra iwen ovar ethin annor elva orin udan esca ival")
_FAMILY_FIRST = _words(
    "Amber Birch Cedar Copper Dusk Elder Fern Flint Frost Glen Hazel Heron Ivory Juniper Lark Linden Maple Meadow Moss "
    "North Oak Pebble Pine Quill Rain Reed River Sage Silver Stone Thistle Violet Willow Winter"
)
_FAMILY_LAST = _words(
    "bank brook crest dale fall field gate glade grove haven lane mark mere moor path ridge shore vale water weave "
    "wick yard"
)


def people(seed: int) -> Iterator[Person]:
    """An endless row of people with employee numbers in order; no two share a number, username or e-mail address."""
    rng = stream(seed, "names")
    taken: dict[str, int] = {}
    number = 0
    while True:
        number += 1
        given = rng.choice(_GIVEN_FIRST) + rng.choice(_GIVEN_LAST)
        family = rng.choice(_FAMILY_FIRST) + rng.choice(_FAMILY_LAST)
        plain = f"{given}.{family}".lower()
        taken[plain] = taken.get(plain, 0) + 1
        username = plain if taken[plain] == 1 else f"{plain}{taken[plain]}"
        yield Person(f"E{100_000 + number}", given, family, username, f"{username}@example.org")
