"""The distribution of a what-if as a picture: SVG of whole numbers only, so that equal figures are equal bytes.

The colours are those of Okabe and Ito, which all can tell apart; losses and gains lie on two sides of nothing besides.
Each bar says in words what it shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from services.compensation.domain import WhatIf

_WIDTH, _HEIGHT = 960, 920
_LEFT, _RIGHT = 112, 24
_PLOT_WIDTH, _PLOT_HEIGHT = _WIDTH - _LEFT - _RIGHT, 200
_TOPS = (172, 580)
_LINES = 4
_LABELS_HEIGHT = 116
_BEFORE, _AFTER, _LOST, _SAME, _WON = "#0072b2", "#e69f00", "#d55e00", "#999999", "#009e73"
_LOSE, _UNCHANGED, _GAIN = (
    ("loses so much", "lose so much"),
    ("is unchanged", "are unchanged"),
    ("gains so much", "gain so much"),
)

Bins = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Series:
    """One bar in each bin; `told` and `colours` have one for bins below nothing, for nothing, and above.

    `told` is what is said of one educator, and of several.
    """

    name: str
    told: tuple[tuple[str, str], ...]
    colours: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Panel:
    """`labels` are what stands before an amount below nothing, for nothing, and before one above."""

    top: int
    title: str
    axis: str
    labels: tuple[str, str, str]
    bins: Bins
    series: tuple[_Series, ...]

    def drawn(self) -> Iterator[str]:
        most = _round_up(max((one[series.name] for one in self.bins for series in self.series), default=0))
        yield _text(_LEFT, self.top - 14, self.title, weight="bold")
        for line in range(_LINES + 1):
            y = self.top + _PLOT_HEIGHT - line * _PLOT_HEIGHT // _LINES
            yield f'<line x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}" stroke="#dddddd"/>'
            yield _text(_LEFT - 8, y + 4, f"{most * line // _LINES:,}", anchor="end")
        bottom = self.top + _PLOT_HEIGHT
        yield _text(40, (self.top + bottom) // 2, "number of educators", anchor="middle", turned=-90)
        yield _text(_LEFT + _PLOT_WIDTH // 2, bottom + _LABELS_HEIGHT, self.axis, anchor="middle")
        for at, one in enumerate(self.bins):
            yield from self._bars(at, one, most)
            middle = (self._edge(at) + self._edge(at + 1)) // 2
            yield _text(middle + 4, bottom + 14, self._label(one), anchor="end", size=11, turned=-45)

    def _label(self, one: Mapping[str, Any]) -> str:
        """From the border on the left to the one on the right, in whole dollars: bins are as wide as those."""
        side = _side(one)
        if not side:
            return self.labels[1]
        near, far = sorted(abs(one[name]) for name in ("at_least_cents", "at_most_cents"))
        ends = [_whole_dollars(near - 1), _whole_dollars(far)][::side]
        return self.labels[side + 1] + (" to ".join(ends) if near > 1 else f"up to {_whole_dollars(far)}")

    def _bars(self, at: int, one: Mapping[str, Any], most: int) -> Iterator[str]:
        left, room = self._edge(at) + 1, self._edge(at + 1) - self._edge(at) - 2
        side = _side(one) + 1
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
                f"<title>{escape(f'{_range(one)}: {_educators(count, series.told[side])}')}</title></rect>"
            )

    def _edge(self, at: int) -> int:
        return _LEFT + at * _PLOT_WIDTH // max(len(self.bins), 1)


def chart(what_if: WhatIf) -> str:
    """The picture of a what-if that is done."""
    summary = what_if.summary or {}
    spread, has_before = summary["distribution"], summary["plans"]["before"] is not None
    before = (_Series("before", (("before",) * 2,) * 3, (_BEFORE,) * 3),) if has_before else ()
    after = _Series("after", (("after",) * 2,) * 3, (_AFTER,) * 3)
    differences = _Series("educators", (_LOSE, _UNCHANGED, _GAIN), (_LOST, _SAME, _WON))
    told, (plan, baseline) = _told(summary), _plans(what_if, summary["plans"])
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="12">'
    )
    parts = [
        opening,
        f'<title id="title">{escape(f"{what_if.title}: {plan}")}</title>',
        f'<desc id="desc">{escape(f"{baseline} {told}")}</desc>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _text(_LEFT, 32, _short(what_if.title, 78), weight="bold", size=18),
        _text(_LEFT, 54, _short(plan, 100), weight="bold", size=14),
        _text(_LEFT, 74, _short(baseline, 130)),
        _text(_LEFT, 92, told),
        *_legend(110, [("before", _BEFORE), ("after", _AFTER)] if has_before else [("after", _AFTER)]),
        *_Panel(
            _TOPS[0],
            "Educators by total",
            "an educator's total for the year; a bar holds its greater amount, not its lesser",
            ("less than $0: ", "$0", ""),
            spread["totals"],
            (*before, after),
        ).drawn(),
        *_legend(_TOPS[1] - 62, [("lose", _LOST), ("unchanged", _SAME), ("gain", _WON)]),
        *_Panel(
            _TOPS[1],
            "Educators by what they gain or lose",
            "how much an educator's total for the year differs; a bar holds its greater amount, not its lesser",
            ("lose ", "unchanged", "gain "),
            spread["differences"],
            (differences,),
        ).drawn(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _told(summary: Mapping[str, Any]) -> str:
    cost, outcome = summary["cost"], summary["outcome"]
    return (
        f"{_educators(summary['educators'], ('in all',) * 2)}. Cost {_dollars(cost['before_cents'])} before, "
        f"{_dollars(cost['after_cents'])} after. {_many(outcome['winners'], ('gains', 'gain'))}, "
        f"{_many(outcome['losers'], ('loses', 'lose'))}, {_many(outcome['unchanged'], _UNCHANGED)}."
    )


def _educators(count: int, told: tuple[str, str]) -> str:
    return _many(count, (f"educator {told[0]}", f"educators {told[1]}"))


def _many(count: int, told: tuple[str, str]) -> str:
    return f"{count:,} {told[count != 1]}"


def _plans(what_if: WhatIf, plans: Mapping[str, Any]) -> tuple[str, str]:
    """Which plan was run on which facts, and what it was compared with."""
    before, after, year = plans["before"], plans["after"], what_if.plan_year
    run = f"{after['title']}, {year}{', on changed facts' if what_if.changes else ''}"
    if before is None:
        return run, f"Compared with nothing: no plan is published for {year}."
    is_same = before["content_hash"] == after["content_hash"]
    standing = "the same plan" if is_same else f"{before['title']}, the plan published for {year}"
    return run, f"Before: {standing}, on the facts as they stand."


def _legend(y: int, entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    for number, (name, colour) in enumerate(entries):
        x = _LEFT + number * 110
        yield f'<rect x="{x}" y="{y}" width="14" height="14" fill="{colour}"/>'
        yield _text(x + 20, y + 12, name)


def _text(
    x: int, y: int, text: str, *, anchor: str = "start", weight: str = "normal", size: int = 12, turned: int = 0
) -> str:
    turn = f' transform="rotate({turned} {x} {y})"' if turned else ""
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" font-size="{size}" fill="#222222"{turn}>'
        f"{escape(text)}</text>"
    )


def _short(text: str, at_most: int) -> str:
    return text if len(text) <= at_most else f"{text[: at_most - 1]}…"


def _side(one: Mapping[str, Any]) -> int:
    """-1 for a bin below nothing, 0 for nothing, 1 for one above."""
    least, most = int(one["at_least_cents"]), int(one["at_most_cents"])
    return (least > 0) - (most < 0)


def _whole_dollars(cents: int) -> str:
    return _dollars(cents).removesuffix(".00")


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
