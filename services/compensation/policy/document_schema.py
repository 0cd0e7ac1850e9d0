"""What a document may hold at a place, looked up in its JSON Schema: its keys, and the few words that a key takes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

_Schema: TypeAlias = Mapping[str, Any]
Place: TypeAlias = Sequence[str | int]
"""Where pydantic found a fault: keys and positions, with the tags of the models between them."""


class DocumentSchema:
    """The JSON Schema of a kind of document, as pydantic writes it."""

    def __init__(self, schema: _Schema) -> None:
        self._root = schema

    def keys_at(self, place: Place) -> list[str]:
        """The keys of the group of names at `place`; empty where it takes any."""
        return [key for form in self._at(place) for key in form.get("properties", {})]

    def words_at(self, place: Place) -> list[str]:
        """All that can stand at `place`, as it is written; empty where that is more than a few words."""
        words: list[str] = []
        for form in self._at(place):
            if "enum" in form or "const" in form:
                words += [f"{word!r}" for word in form.get("enum", [form.get("const")])]
            elif form.get("type") == "boolean":
                words += ["true", "false"]
            elif form.get("type") != "null" and not ("anyOf" in form or "oneOf" in form):
                return []
        return list(dict.fromkeys(words))

    def _at(self, place: Place) -> list[_Schema]:
        here = [*self._forms(self._root)]
        for key in place:
            # What leads nowhere is a tag that the document does not show.
            here = [form for below in _below(here, key) for form in self._forms(below)] or here
        return here

    def _forms(self, schema: _Schema) -> Iterator[_Schema]:
        """A schema, and those that it is one of."""
        if (reference := schema.get("$ref")) is not None:
            schema = self._root["$defs"][reference.rpartition("/")[2]]
        yield schema
        for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from self._forms(one)


def _below(forms: Sequence[_Schema], key: str | int) -> list[_Schema]:
    tagged = [form["discriminator"]["mapping"] for form in forms if "mapping" in form.get("discriminator", {})]
    if named := [{"$ref": mapping[key]} for mapping in tagged if key in mapping]:
        return list(named)
    if isinstance(key, int):
        return [form["items"] for form in forms if "items" in form]
    known = [form["properties"][key] for form in forms if key in form.get("properties", {})]
    return known or [form["additionalProperties"] for form in forms if _takes_any_name(form)]


def _takes_any_name(form: _Schema) -> bool:
    return isinstance(form.get("additionalProperties"), Mapping)
