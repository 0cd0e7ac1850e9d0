"""Fixed-width payout layouts: how a batch is written for a payroll system that reads records of one length, as data.

A layout is a YAML document: the length of a record, and header, detail and trailer as fields, each with its columns and
where its value comes from. What no field covers is blank. Nothing is cut off: a value that does not fit is refused.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, ValidationError

from services.compensation.errors import LayoutInvalid, PlanInvalid, PlanUnreadable
from services.compensation.policy.document_faults import faults_of_form, placed
from services.compensation.policy.language.terms import Clause, Code, Source, Title
from services.compensation.policy.source_text import read_yaml
from shared.kernel.errors import FieldError

Kind = Literal["text", "count", "amount", "date", "flag"]
OF_BATCH: Mapping[str, Kind] = {
    "batch_id": "text",
    "plan_year": "text",
    "paid_in_year": "text",
    "pay_date": "date",
    "district_id": "text",
    "content_hash": "text",
    "line_count": "count",
    "control_total": "amount",
    "paid_total": "amount",
    "taken_back_total": "amount",
}
"""What header and trailer can say. `paid_total` is of the positive lines, `taken_back_total` of the negative ones."""
OF_LINE: Mapping[str, Kind] = {
    "number": "count",
    "line_id": "text",
    "batch_id": "text",
    "kind": "text",
    "educator_id": "text",
    "employee_number": "text",
    "district_id": "text",
    "campus_id": "text",
    "plan_year": "text",
    "component": "text",
    "earning_code": "text",
    "account_code": "text",
    "amount": "amount",
    "retirement": "flag",
    "plan_content_hash": "text",
    "minute_reference": "text",
    "paid_in_year": "text",
    "pay_date": "date",
    "recovery_id": "text",
}
"""What a detail can say: the keys of a payout line, and the batch's pay date."""
Columns = Annotated[StrictInt, Field(ge=1, le=2_000)]


class LayoutField(Clause):
    """A field: `width` columns from `start` on (the first is 1), with the value of `source`, or the `constant`.

    Amounts are in cents with an `implied` decimal point or with the `point` written; `sign` says where the minus of a
    negative one stands. A flag is Y or N. What has no value is blank, unless it is `required`.
    """

    name: Code
    start: Columns
    width: Columns
    source: str | None = None
    constant: Annotated[str, Field(pattern=r"^[ -~]{1,200}$")] | None = None
    align: Literal["left", "right"] = "left"
    pad: Literal[" ", "0"] = " "
    dates: Literal["YYYYMMDD", "MMDDYYYY", "YYYY-MM-DD"] = "YYYYMMDD"
    decimals: Literal["implied", "point"] = "implied"
    sign: Literal["leading", "trailing", "none"] = "leading"
    required: StrictBool = False

    @property
    def last(self) -> int:
        return self.start + self.width - 1


Record = Annotated[tuple[LayoutField, ...], Field(max_length=200)]


class Layout(Clause):
    """A layout as it was read, valid as a whole."""

    layout: Literal[1]
    code: Code
    title: Title
    illustrative: StrictBool = False
    source: Source
    encoding: Literal["ascii", "latin-1"] = "ascii"
    line_ending: Literal["lf", "crlf"] = "crlf"
    record_length: Columns
    header: Record = ()
    detail: Record = Field(min_length=1)
    trailer: Record = Field(min_length=1)


def parse_layout(text: str) -> Layout:
    """Read a layout from YAML text. Raises LayoutInvalid: its `errors` name each place, its line and the remedy."""
    try:
        data, lines = read_yaml(text)
    except (PlanInvalid, PlanUnreadable) as error:
        raise LayoutInvalid(error.detail, errors=error.errors) from error
    try:
        layout = Layout.model_validate(data)
    except ValidationError as error:
        found = faults_of_form(error, data, language="layout", schema=layout_schema())
    else:
        found = list(_faults_of(layout))
    if found:
        detail, errors = placed(found, lines)
        raise LayoutInvalid(detail, errors=errors)
    return layout


def layout_schema() -> dict[str, Any]:
    """The JSON Schema of layouts (draft 2020-12). What the parts mean together only `parse_layout` can say."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Layout.model_json_schema()}


def _faults_of(layout: Layout) -> Iterator[FieldError]:
    if (layout.source == "illustrative") != layout.illustrative:
        yield FieldError("/illustrative", 'has to be true where the source is "illustrative", and only there')
    records = (("header", layout.header, OF_BATCH), ("detail", layout.detail, OF_LINE))
    for record, fields, sources in (*records, ("trailer", layout.trailer, OF_BATCH)):
        taken = 0
        names: set[str] = set()
        for index, field in enumerate(fields):
            at = f"/{record}/{index}"
            yield from _faults_of_place(field, at, taken, layout.record_length)
            yield from _faults_of_value(field, at, sources)
            if field.name in names:
                yield FieldError(f"{at}/name", f"{field.name} is the name of a field before: give it another")
            names.add(field.name)
            taken = max(taken, field.last)
    said = {field.source for field in layout.trailer}
    for total in ("line_count", "control_total"):
        if total not in said:
            yield FieldError("/trailer", f"has no field for {total}, which payroll has to find again: add one")


def _faults_of_place(field: LayoutField, at: str, taken: int, record_length: int) -> Iterator[FieldError]:
    if field.start <= taken:
        yield FieldError(f"{at}/start", f"begins at {field.start}, and {taken} is taken: begin after it, in order")
    if field.last > record_length:
        yield FieldError(f"{at}/width", f"ends at {field.last}, and the record has {record_length}: make it fit")
    if field.pad == "0" and field.align == "left":
        yield FieldError(f"{at}/pad", "zeros behind a value change it: align it right, or pad with blanks")


def _faults_of_value(field: LayoutField, at: str, sources: Mapping[str, Kind]) -> Iterator[FieldError]:
    if (field.source is None) == (field.constant is None):
        yield FieldError(at, "has to have either a source or a constant: write one of them")
    elif field.constant is not None and len(field.constant) > field.width:
        yield FieldError(f"{at}/constant", f"has {len(field.constant)} characters, and {field.width} columns: widen it")
    elif field.source is not None and field.source not in sources:
        yield FieldError(f"{at}/source", f"{field.source!r} is not known here: choose one of {', '.join(sources)}")
