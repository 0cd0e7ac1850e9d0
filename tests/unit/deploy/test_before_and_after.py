"""The page of the showing: fits into 80 columns, one way to write money, words where there are words."""

import io
import re
from typing import Any

from rich.console import Console

from deploy.before_and_after import Story, print_page

EDUCATOR = {
    "employee_number": "E101727",
    "given_name": "Guadalupe",
    "family_name": "Villanueva-Hernandez",
    "preferred_name": None,
}


def statement(rung: str, bonus: str, stipend: str, total: str) -> dict[str, Any]:
    return {
        "plan_year": "2020-21",
        "ladder": {
            "rung": rung.lower(),
            "title": f"{rung} educator",
            "requirements": [
                {"rung": "established", "reason": "one of one full year of service"},
                {"rung": "accomplished", "reason": "four of four micro-credentials"},
            ],
            "next": {"title": "Lead educator", "gap": ["still missing: mc-action-research"]},
        },
        "components": [
            {
                "title": "Performance bonus",
                "amount": {"amount": bonus},
                "reason": "Performance score 61.02 is in the band Accomplished (from 60 to below 75), which is worth "
                "$2,000.00 for the role teacher.",
            },
            {"title": "Micro-credential stipend", "amount": {"amount": stipend}, "reason": "4 of [bold]them[/]."},
        ],
        "total": {"amount": total},
        "gates": [{"title": "Observed at least twice", "met": False, "reason": "Finalized observations: 1."}],
        "next_steps": [{"text": "4 more micro-credentials awarded in 2020-21 can earn $200.00 each, $800.00 in all."}],
    }


STORY = Story(
    educator=EDUCATOR,
    credential="mc-data-driven-instruction",
    before=statement("Established", "1000.00", "600.00", "1600.00"),
    after=statement("Accomplished", "2000.00", "800.00", "12800.00"),
    award_seconds=0.0321,
    observation_seconds=0.049,
    titles={"mc-data-driven-instruction": "Data driven instruction", "mc-action-research": "Action research"},
)


def page(width: int = 80) -> str:
    written = io.StringIO()
    print_page(STORY, Console(file=written, width=width, color_system=None))
    return written.getvalue()


def test_a_row_of_the_table_is_one_line_of_80_columns() -> None:
    rows = [" ".join(line.split()) for line in page().splitlines()]

    assert "Rung Established educator Accomplished educator" in rows
    assert "Performance bonus $1,000.00 $2,000.00" in rows
    assert "Micro-credential stipend $600.00 $800.00" in rows
    assert "Bonus $1,600.00 $12,800.00" in rows
    assert max(map(len, page().splitlines())) <= 80


def test_money_is_written_in_one_way() -> None:
    amounts = re.findall(r"\$[\d,.]*\d", page())

    assert len(amounts) > 8
    assert not [amount for amount in amounts if not re.fullmatch(r"\$\d{1,3}(,\d{3})*\.\d\d", amount)]


def test_micro_credentials_have_their_titles_and_no_reason_is_shortened_or_taken_for_markup() -> None:
    text = " ".join(page().split())

    assert "Signed award: Data driven instruction. New statement after 32 ms." in text
    assert "still missing: Action research." in text
    assert "mc-" not in text
    assert "…" not in text
    assert "4 of [bold]them[/]." in text


def test_the_reason_of_the_rung_is_what_that_rung_asks_for() -> None:
    text = " ".join(page().split())

    assert "Accomplished educator four of four micro-credentials." in text
    assert "full year of service" not in text
    assert "Not met. Finalized observations: 1." in text
