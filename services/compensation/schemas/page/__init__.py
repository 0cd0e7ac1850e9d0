"""Sets the printable page of a statement: as HTML for a browser, as PDF for paper. What it says comes from `policy`.

Nothing is fetched and nothing runs: no scripts, no fonts from outside, and texts are texts to both typesetters.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import typst
from jinja2 import Environment, StrictUndefined, Template

_HERE = files(__package__)


def html(page: dict[str, Any]) -> bytes:
    """The page as one HTML document with its print stylesheet."""
    return _template().render(page).encode()


def pdf(page: dict[str, Any]) -> bytes:
    """The page as a tagged PDF (PDF/UA-1): the same page gives the same bytes, dated as the statement was decided."""
    return _paper(json.dumps(page))


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_HERE.joinpath("statement.html.j2").read_text(encoding="utf-8"))


def _paper(data: str) -> bytes:
    made: bytes = typst.compile(
        _HERE.joinpath("statement.typ").read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        sys_inputs={"page": data},
    )
    return made
