"""The plan of the run: the sample plan, and what makes all that is kept in it worth something."""

from deploy.loading import PLAN

LADDER = "harmony-pbcs"
RUNGS = ("established", "accomplished", "lead")

# What HR keeps is paid for: an amount for who was rarely away, and one by the need of the campus; a rung that was
# brought along is held.
_PARTS = {
    "measures:\n": """\
  - {code: away, title: Days absent, take: attribute, attribute: absence_days, otherwise: "0", source: illustrative}
  - {code: need, title: Need, take: campus_attribute, attribute: need, source: illustrative}
""",
    "gates:\n": "  - {code: present, title: Rarely away, measure: away, at_most: 5, source: illustrative}\n",
    "components:\n": """\
  - {code: presence, title: Presence, pay: flat, amount: "50.00", requires: [present], prorates: false,
     source: illustrative}
  - {code: by-need, title: By need, pay: per_unit, measure: need, at_most: "4", amount: "25.00", prorates: false,
     source: illustrative}
""",
    "ladder:\n": "  holds: {only_rises: true, for_years: 3, source: illustrative}\n",
}


def _document() -> str:
    # SLOs are approved today, and the sample plan stops counting them in 2021.
    document = PLAN.read_text().replace("  slos: 2021-03-01T17:00:00\n", "")
    for section, part in _PARTS.items():
        document = document.replace(f"\n{section}", f"\n{section}{part}")
    return document


_DOCUMENT = _document()


def plan_document(number: int) -> str:
    """The plan with a stipend that goes by `number`."""
    return _DOCUMENT.replace('"200.00"', f'"{100 + number % 400}.{number % 100:02}"')
