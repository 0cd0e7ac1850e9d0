"""YAML text to plain data, with the line of every place, so that an error can name it. Owns no rule of a plan.

Only what JSON can say is let through: no floats (a number with a point stays text, exactly as written), no dates, no
key twice, and no references to other parts of the text but where they are asked for.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from yaml.reader import ReaderError

from services.compensation.errors import PlanInvalid, PlanUnreadable
from shared.kernel.errors import FieldError

Lines = dict[str, int]

CHARACTERS_MAX = 100_000
"""Ten times the sample plan. Reading so much takes a second or two: not for the thread that serves."""

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_TAGS = "tag:yaml.org,2002:"
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def read_yaml(text: str, *, references: bool = False) -> tuple[Any, Lines]:
    """The document as plain data, and the line (from 1) at which each JSON pointer stands. With `references` what
    another place refers to (`*`) is read there once more.

    Raises PlanUnreadable where the text is not YAML, PlanInvalid where it uses what a plan may not.
    """
    if len(text) > CHARACTERS_MAX:
        raise PlanUnreadable(f"the document is longer than {CHARACTERS_MAX} characters: a plan is a few pages")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise PlanUnreadable(f"{place}{error.problem}: correct the YAML there") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise PlanUnreadable(f"line {line}: the character #x{error.character:04x} is not text: remove it") from error
    except RecursionError as error:
        raise PlanUnreadable("the document is nested deeper than any plan: close what is open") from error
    except (yaml.YAMLError, ValueError) as error:
        raise PlanUnreadable(f"the document is not YAML: {error}") from error
    if root is None:
        raise PlanUnreadable("the document is empty: write something into it")
    reader = _Reader(references=references)
    data = reader.read(root, "")
    if reader.errors:
        raise PlanInvalid("the document cannot be taken as a plan", errors=reader.errors)
    return data, reader.lines


class _Reader:
    def __init__(self, *, references: bool) -> None:
        self.lines: Lines = {}
        self.errors: list[FieldError] = []
        self._seen: set[int] = set()
        self._references = references

    def read(self, node: yaml.Node, pointer: str) -> Any:
        line = node.start_mark.line + 1
        self.lines[pointer] = line
        if (fault := self._fault_of(node)) is not None:
            return self._refuse(pointer, line, fault)
        self._seen.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._read_mapping(node, pointer)
            if isinstance(node, yaml.SequenceNode):
                return [self.read(item, f"{pointer}/{index}") for index, item in enumerate(node.value)]
            return _scalar(node)
        finally:
            if self._references:
                # What it stands in itself stays out of bounds, and nothing else.
                self._seen.discard(id(node))

    def _fault_of(self, node: yaml.Node) -> str | None:
        if id(node) in self._seen:
            return "refers to another place (`*`): write it out here"
        if len(self.lines) > CHARACTERS_MAX:
            return "refers to so much (`*`) that it has no end: write it out here"
        if not (node.tag or "").startswith(_TAGS):
            return f"the tag {node.tag} is not used in plans: remove it"
        if isinstance(node, yaml.ScalarNode) and _NO_TEXT.search(node.value):
            return "holds NUL or a surrogate, which are no text: remove it"
        return None

    def _read_mapping(self, node: yaml.MappingNode, pointer: str) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == f"{_TAGS}merge":
                self._refuse(pointer, line, "a key here is not plain text: use a word")
                continue
            key = key_node.value
            if key in data:
                self._refuse(below(pointer, key), line, "stands here twice: keep one of them")
                continue
            data[key] = self.read(value_node, below(pointer, key))
            self.lines[below(pointer, key)] = line
        return data

    def _refuse(self, pointer: str, line: int, detail: str) -> None:
        self.errors.append(FieldError(pointer, f"line {line}: {detail}"))


def _scalar(node: yaml.Node) -> Any:
    text: str = node.value
    if getattr(node, "style", None) is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else text


def below(pointer: str, key: str | int) -> str:
    """The JSON pointer (RFC 6901) of `key` under `pointer`."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
