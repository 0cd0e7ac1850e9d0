"""Random ladders with every word on them: several ways, measures, gates, confirmation, holding and demotion."""

from random import Random
from typing import Any

Document = dict[str, Any]
_SOURCE = {"source": "illustrative"}


def random_ladder(rng: Random, measures: list[Document], gates: list[Document]) -> Document:
    """Two to four rungs on the measures and gates of a plan."""
    needs: list[Document] = [
        {"need": "role", "any_of": ["teacher"]},
        {"need": "years_of_service", "at_least": 2},
        {"need": "credentials", "at_least": 2},
        {"need": "credentials", "at_least": 1, "of": ["mc-a", "mc-c"]},
        {"need": "pathway", "any_of": ["path"]},
        {"need": "rating", "level": 3, "years": 1, "within": 2},
        {"need": "rating", "level": 2, "years": 1, "within": 3, "named": "Accomplished"},
        {"need": "measure", "measure": rng.choice(measures)["code"], "at_least": rng.choice(["0", "1", "2", "50"])},
        {"need": "gates", "of": [gate["code"] for gate in rng.sample(gates, min(2, len(gates)))]},
    ]
    ways = {
        "need": "any_of",
        "ways": [
            {"title": f"Way {number}", "requires": rng.sample(needs, rng.randint(1, 2))}
            for number in range(rng.randint(2, 3))
        ],
    }
    rungs: list[Document] = [{"code": "r0", "title": "Rung 0"} | _SOURCE]
    for at in range(1, rng.randint(2, 4)):
        rung = {
            "code": f"r{at}",
            "title": f"Rung {at}",
            "requires": rng.sample([*needs, ways, ways], rng.randint(1, 2)),
        }
        if rng.random() < 0.3:
            rung["confirmed_by"] = rng.choice(["person", "board"])
        rungs.append(rung | _SOURCE)
    rules: list[Document] = [
        {},
        {},
        {"holds": {"only_rises": True} | rng.choice([{}, {"for_years": 5}]) | _SOURCE},
        {"demotion": {"after_years_below": 2} | _SOURCE},
        {"demotion": {"after_years_below": rng.randint(1, 3), "one_rung_a_year": True} | _SOURCE},
    ]
    return {"rungs": rungs} | rng.choice(rules)
