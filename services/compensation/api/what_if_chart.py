"""The distribution of a what-if as a picture: SVG of whole numbers only, so that equal figures are equal bytes.

The colours are those of Okabe and Ito, which all can tell apart; losses and gains lie on two sides of nothing besides.
Each bar says in words what it shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from services.compensation.domain import WhatIf

_WIDTH, _HEIGHT = 960, 720
_LEFT, _RIGHT = 72, 24
_PLOT_WIDTH, _PLOT_HEIGHT = _WIDTH - _LEFT - _RIGHT, 200
_TOPS = (132, 452)
_LINES = 4
_LABELS_AT_MOST = 11
_BEFORE, _AFTER, _LOST, _SAME, _WON = "#0072b2", "#e69f00", "#d55e00", "#999999", "#009e73"

Bins = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Series:
    """One bar in each bin; `colours` has one for bins below nothing, for nothing, and above."""

    name: str
    told: str
    colours: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Panel:
    top: int
    title: str
    bins: Bins
    series: tuple[_Series, ...]

    def drawn(self) -> Iterator[str]:
        most = _round_up(max((one[series.name] for one in self.bins for series in self.series), default=0))
        yield _text(_LEFT, self.top - 14, self.title, weight="bold")
        for line in range(_LINES + 1):
            y = self.top + _PLOT_HEIGHT - line * _PLOT_HEIGHT // _LINES
            yield f'<line x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}" stroke="#dddddd"/>'
            yield _text(_LEFT - 8, y + 4, f"{most * line // _LINES:,}", anchor="end")
        every = -(-len(self.bins) // _LABELS_AT_MOST)
        nothing = next((at for at, one in enumerate(self.bins) if one["at_most_cents"] == 0), 0)
        for at, one in enumerate(self.bins):
            yield from self._bars(at, one, most)
            if (at - nothing) % every == 0:
                middle = (self._edge(at) + self._edge(at + 1)) // 2
                yield _text(middle, self.top + _PLOT_HEIGHT + 18, _border(one), anchor="middle")

    def _bars(self, at: int, one: Mapping[str, Any], most: int) -> Iterator[str]:
        left, room = self._edge(at) + 1, self._edge(at + 1) - self._edge(at) - 2
        side = (one["at_least_cents"] > 0) - (one["at_most_cents"] < 0) + 1
        for number, series in enumerate(self.series):
            count = one[series.name]
            if not count:
                continue
            begins, ends = room * number // len(self.series), room * (number + 1) // len(self.series)
            # Whoever is there is seen, however many others there are.
            height = max(count * _PLOT_HEIGHT // most, 2)
            yield (
                f'<rect x="{left + begins}" y="{self.top + _PLOT_HEIGHT - height}" width="{max(ends - begins, 1)}" '
                f'height="{height}" fill="{series.colours[side]}">'
                f"<title>{escape(f'{_range(one)}: {count:,} educators {series.told}')}</title></rect>"
            )

    def _edge(self, at: int) -> int:
        return _LEFT + at * _PLOT_WIDTH // max(len(self.bins), 1)


def chart(what_if: WhatIf) -> str:
    """The picture of a what-if that is done."""
    summary = what_if.summary or {}
    spread, has_before = summary["distribution"], summary["plans"]["before"] is not None
    before = (_Series("before", "before", (_BEFORE,) * 3),) if has_before else ()
    after = _Series("after", "after", (_AFTER,) * 3)
    differences = _Series("educators", "gain or lose so much", (_LOST, _SAME, _WON))
    told = _told(summary)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="12">'
    )
    parts = [
        opening,
        f'<title id="title">{escape(what_if.title)}</title>',
        f'<desc id="desc">{escape(told)}</desc>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _text(_LEFT, 32, _short(what_if.title), weight="bold", size=18),
        _text(_LEFT, 54, told),
        *_legend(78, [("before", _BEFORE), ("after", _AFTER)] if has_before else [("after", _AFTER)]),
        *_Panel(
            _TOPS[0], "Educators by total, each bar up to so many dollars", spread["totals"], (*before, after)
        ).drawn(),
        *_legend(398, [("lose", _LOST), ("unchanged", _SAME), ("gain", _WON)]),
        *_Panel(
            _TOPS[1], "Educators by difference, each bar up to so many dollars", spread["differences"], (differences,)
        ).drawn(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _told(summary: Mapping[str, Any]) -> str:
    cost, outcome = summary["cost"], summary["outcome"]
    return (
        f"{summary['educators']:,} educators. Cost {_dollars(cost['before_cents'])} before, "
        f"{_dollars(cost['after_cents'])} after. {outcome['winners']:,} gain, {outcome['losers']:,} lose, "
        f"{outcome['unchanged']:,} are unchanged."
    )


def _legend(y: int, entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    for number, (name, colour) in enumerate(entries):
        x = _LEFT + number * 110
        yield f'<rect x="{x}" y="{y}" width="14" height="14" fill="{colour}"/>'
        yield _text(x + 20, y + 12, name)


def _text(x: int, y: int, text: str, *, anchor: str = "start", weight: str = "normal", size: int = 12) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" font-size="{size}" fill="#222222">'
        f"{escape(text)}</text>"
    )


def _short(title: str) -> str:
    return title if len(title) <= 84 else f"{title[:83]}…"


def _border(one: Mapping[str, Any]) -> str:
    """Where a bin ends, away from nothing: whole dollars, since bins are as wide as those."""
    far = one["at_most_cents"] if one["at_least_cents"] >= 0 else one["at_least_cents"]
    return _dollars(far).removesuffix(".00")


def _range(one: Mapping[str, Any]) -> str:
    ends = [_dollars(one[name]) for name in ("at_least_cents", "at_most_cents")]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def _dollars(cents: int) -> str:
    sign = "−" if cents < 0 else ""
    dollars, rest = divmod(abs(cents), 100)
    return f"{sign}${dollars:,}.{rest:02d}"


def _round_up(most: int) -> int:
    """A multiple of the number of lines, so that each line stands at a whole number."""
    unit = _LINES
    while unit * 25 < most:
        unit *= 10
    return max(-(-most // unit), 1) * unit
