"""A plan with a ladder that has to be climbed: two ways to the highest rung, which the board confirms, and a rung that
is lost only after two years below it. Pay goes by the rung that placements hold.
"""

LADDER_PLAN = b"""
language: 1
code: climbing
plan_year: 2020-21
title: A ladder with several ways, a confirmation and two years of grace
illustrative: true
source: illustrative
currency: USD
time_zone: America/Chicago
performance_period: {begins_on: 2020-08-17, ends_on: 2021-05-28, reference_on: 2021-05-28, source: illustrative}
eligibility: {roles: [teacher], source: illustrative}
rounding: {mode: half_up, points_places: 2, amounts: cent, source: illustrative}
proration: {by: days_times_fte, fte_at_most: "1.0", leavers: by_days, source: illustrative}
measures:
  - code: placed
    title: Rung held
    take: placement
    rungs: [novice, skilled, lead]
    combine: best
    source: illustrative
  - {code: growth, title: Students at growth, take: growth_percent, combine: mean, source: illustrative}
gates:
  - {code: grown, title: Half of the students at growth, measure: growth, at_least: 50, source: illustrative}
components:
  - code: rung
    title: By rung
    pay: per_unit
    measure: placed
    at_most: 3
    amount: "100.00"
    prorates: false
    source: illustrative
ladder:
  source: illustrative
  demotion: {after_years_below: 2, source: illustrative}
  rungs:
    - {code: novice, title: Novice, source: illustrative}
    - code: skilled
      title: Skilled
      requires: [{need: credentials, at_least: 1}]
      source: illustrative
    - code: lead
      title: Lead
      confirmed_by: board
      requires:
        - need: any_of
          ways:
            - title: the way of credentials
              requires: [{need: credentials, at_least: 4, of: [mc-a, mc-b, mc-c, mc-d]}]
            - title: the way of teaching
              requires:
                - {need: rating, level: 4, named: Accomplished, years: 2, within: 3}
                - {need: gates, of: [grown]}
      source: illustrative
"""
HOLDING = b"  holds: {only_rises: true, for_years: 2, source: illustrative}\n"
DEMOTION = b"  demotion: {after_years_below: 2, source: illustrative}\n"
HOLDING_PLAN = LADDER_PLAN.replace(DEMOTION, HOLDING).replace(b"      confirmed_by: board\n", b"")
"""The same without a confirmation, under which a rung is held for two years and only rises."""


def in_year(starts_in: int, document: bytes = LADDER_PLAN) -> bytes:
    """The plan of another school year."""
    label = f"plan_year: {starts_in}-{(starts_in + 1) % 100:02d}".encode()
    moved = document.replace(b"plan_year: 2020-21", label)
    return moved.replace(b": 2021-05-28", f": {starts_in + 1}-05-28".encode()).replace(
        b": 2020-08-17", f": {starts_in}-08-17".encode()
    )
