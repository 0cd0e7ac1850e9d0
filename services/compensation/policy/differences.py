"""What one plan document says otherwise than another, place by place: what reviewers and board members ask for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from services.compensation.policy.source_text import below


class Difference(NamedTuple):
    """A place where two documents differ.

    `pointer` leads into the later document, or into the earlier one where the place is gone from the later; `part` is
    the code of the part around it (a measure, a component, a rung). What a document does not have is None.
    """

    pointer: str
    part: str | None
    before: Any
    after: Any


def differences(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> list[Difference]:
    """Parts with a code are compared with the part of the same code, wherever it stands; all else by its place."""
    return list(_between(earlier, later, "", None))


def _between(earlier: Any, later: Any, pointer: str, part: str | None) -> Iterator[Difference]:
    if earlier == later:
        return
    if isinstance(earlier, Mapping) and isinstance(later, Mapping):
        for name in dict.fromkeys([*earlier, *later]):
            yield from _between(earlier.get(name), later.get(name), below(pointer, name), part)
    elif _is_list(earlier) and _is_list(later) and earlier and later:
        yield from _between_lists(earlier, later, pointer, part)
    else:
        yield Difference(pointer, part, earlier, later)


def _between_lists(
    earlier: Sequence[Any], later: Sequence[Any], pointer: str, part: str | None
) -> Iterator[Difference]:
    before, after = _by_code(earlier), _by_code(later)
    kept = [code for code in before if code in after]
    if kept != (moved := [code for code in after if code in before]):
        yield Difference(pointer, part, kept, moved)
    for code in dict.fromkeys([*before, *after]):
        old, new = before.get(code, _ABSENT), after.get(code, _ABSENT)
        place = below(pointer, new.place if code in after else old.place)
        yield from _between(old.item, new.item, place, part if isinstance(code, int) else code)


class _Item(NamedTuple):
    place: int
    item: Any


_ABSENT = _Item(-1, None)


def _by_code(items: Sequence[Any]) -> dict[str | int, _Item]:
    """The items by their codes; by their places where not each has one of its own."""
    codes = [item.get("code") if isinstance(item, Mapping) else None for item in items]
    keys: Sequence[Any] = codes if None not in codes and len(set(codes)) == len(codes) else range(len(items))
    return {key: _Item(place, item) for place, (key, item) in enumerate(zip(keys, items, strict=True))}


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
