"""Whether an event's schema changed in a way that every reader survives. Pure: two JSON Schemas in, faults out.

Old consumers read new events and new consumers read old ones (a replay reads all there ever were), so the one change
that breaks neither is another optional field. Whatever else has to change is a new major version of the event.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_SAYS_NOTHING = frozenset({"$id", "$schema", "$defs", "$comment", "title", "description", "examples", "deprecated"})
_ALTERNATIVES = ("anyOf", "oneOf", "allOf")
_PARTS = ("items", "additionalProperties")
_LOOKED_INTO = frozenset({"properties", "required", "enum", "$ref", *_ALTERNATIVES, *_PARTS})


def breaks(old: Schema, new: Schema) -> list[str]:
    """What of `new` some reader of `old`, or of events written under it, cannot survive; each with its place."""
    return list(_Comparison(old, new).of(old, new, ""))


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old_root = old
        self._new_root = new
        self._under_way: set[tuple[str, str]] = set()

    def of(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        names = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(names):
            if names in self._under_way:
                return
            self._under_way.add(names)
        yield from self._resolved(_resolve(old, self._old_root), _resolve(new, self._new_root), place)
        self._under_way.discard(names)

    def _resolved(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        for keyword in sorted((old.keys() | new.keys()) - _SAYS_NOTHING - _LOOKED_INTO):
            if old.get(keyword) != new.get(keyword):
                yield f"{place or '/'}: {keyword} was {old.get(keyword)!r} and is {new.get(keyword)!r}"
        yield from _enum(old, new, place)
        yield from self._properties(old, new, place)
        for keyword in _PARTS:
            one, other = old.get(keyword), new.get(keyword)
            if isinstance(one, Mapping) and isinstance(other, Mapping):
                yield from self.of(one, other, f"{place}/*")
            elif one != other:
                yield f"{place or '/'}: {keyword} was {one!r} and is {other!r}"
        for keyword in _ALTERNATIVES:
            before, after = old.get(keyword, []), new.get(keyword, [])
            if len(before) != len(after):
                yield f"{place or '/'}: {keyword} had {len(before)} alternatives and has {len(after)}"
            else:
                for number, (one, other) in enumerate(zip(before, after, strict=True)):
                    yield from self.of(one, other, f"{place}/{keyword}/{number}")

    def _properties(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", [])), set(new.get("required", []))
        for name in sorted(before.keys() - after.keys()):
            yield f"{place}/{name}: removed, and consumers read it"
        for name in sorted(needed_after - needed_before):
            yield f"{place}/{name}: newly required, and events already written do not have it"
        for name in sorted((needed_before - needed_after) & after.keys()):
            yield f"{place}/{name}: no longer required, and consumers rely on it"
        for name in sorted(before.keys() & after.keys()):
            yield from self.of(before[name], after[name], f"{place}/{name}")


def _enum(old: Schema, new: Schema, place: str) -> Iterator[str]:
    if ("enum" in old) != ("enum" in new):
        yield f"{place or '/'}: the values are listed in one of the two only"
        return
    before, after = set(old.get("enum", [])), set(new.get("enum", []))
    if before - after:
        yield f"{place or '/'}: values taken away that events already written may have: {sorted(before - after)}"
    if after - before:
        yield f"{place or '/'}: values added that consumers do not know: {sorted(after - before)}"


def _resolve(node: Schema, root: Schema) -> Schema:
    while "$ref" in node:
        found: Any = root
        for part in str(node["$ref"]).removeprefix("#/").split("/"):
            found = found[part]
        node = {**found, **{key: value for key, value in node.items() if key != "$ref"}}
    return node
