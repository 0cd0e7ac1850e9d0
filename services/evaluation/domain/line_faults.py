"""The faults of a bulk body, each with its line and field; the first so many of them."""

from services.evaluation.errors import LinesRefused
from shared.kernel.errors import FieldError

MAX_FAULTS = 200


class LineFaults:
    """The faults found so far. A fault never quotes what was sent."""

    def __init__(self) -> None:
        self._found: list[FieldError] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, line: int, field: str, detail: str) -> None:
        """`field` is a path like `scores/0/level`, empty for the line as a whole.

        Raises LinesRefused, with all that was found, once MAX_FAULTS are.
        """
        pointer = f"/{line}/{field}".removesuffix("/")
        place = f", {field}" if field else ""
        self._found.append(FieldError(pointer, f"line {line}{place}: {detail}"))
        if len(self._found) >= MAX_FAULTS:
            self.refuse()

    def refuse(self) -> None:
        """Raises LinesRefused where anything was found."""
        if self._found:
            more = "or more" if len(self._found) >= MAX_FAULTS else "all listed"
            raise LinesRefused(
                f"Broken places: {len(self._found)}, {more}; the first: {self._found[0].detail}. "
                "Nothing was loaded: mend the lines and send them all again",
                errors=self._found,
            )
