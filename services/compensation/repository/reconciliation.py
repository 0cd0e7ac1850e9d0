"""The reconciliation: one set-based query a check, each a list of places with what is expected there and what is found.

A query gives `place`, `expected` and `actual`, numbers or null; where the two differ, something does not tie out.
"""

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Check, Found
from services.compensation.repository.ledger_checks import UP_TO_THE_LEDGER

# One pass, in which a place is written out only where it differs.
_FOUND = """
SELECT count(*) AS compared, coalesce(sum(expected), 0)::bigint AS expected, coalesce(sum(actual), 0)::bigint AS actual,
       count(*) FILTER (WHERE expected IS DISTINCT FROM actual) AS differing,
       to_json((array_agg(json_build_object('place', place, 'expected', expected, 'actual', actual) ORDER BY place)
         FILTER (WHERE expected IS DISTINCT FROM actual))[1\\:20])::text AS places
FROM ({pairs}) pair
"""

_BATCHES = (
    Check(
        "batches-counted",
        "Each batch's control total, with the sum of its lines, where they are as many as it says.",
        "cents",
        """
        SELECT 'batch ' || b.id AS place, b.control_total_cents AS expected,
               CASE WHEN count(n.id) = b.line_count THEN sum(n.amount_cents) END AS actual
        FROM payout_batch b LEFT JOIN payout_line n ON n.batch_id = b.id
        WHERE b.plan_year = :plan_year GROUP BY b.id
        """,
    ),
    Check(
        "batches-hashed",
        "Each batch's content hash, with SHA-256 of its content.",
        "rows",
        """
        SELECT 'batch ' || id AS place, 1 AS expected, (encode(sha256(content), 'hex') = content_hash)::int AS actual
        FROM payout_batch WHERE plan_year = :plan_year
        """,
    ),
    Check(
        "lines-pay-entries",
        "Each payout line, with the sum of the ledger entries that it pays less the instalments that it takes back.",
        "cents",
        """
        SELECT 'line ' || n.number || ' of batch ' || n.batch_id AS place, n.amount_cents AS expected,
               e.cents AS actual
        FROM payout_line n
        JOIN payout_batch b ON b.id = n.batch_id
        LEFT JOIN (
          SELECT line_id, sum(cents) AS cents
          FROM (
            SELECT p.line_id, l.amount_cents AS cents
            FROM payout_entry p JOIN ledger_entry l ON l.id = p.ledger_entry_id WHERE l.plan_year = :plan_year
            UNION ALL
            SELECT p.line_id, -i.amount_cents
            FROM payout_instalment p JOIN recovery_instalment i ON i.id = p.instalment_id
          ) part GROUP BY line_id
        ) e ON e.line_id = n.id
        WHERE b.plan_year = :plan_year
        """,
    ),
    Check(
        "entries-once",
        "Each ledger entry that is in a batch or a recovery: it is in one live line or in one recovery.",
        "rows",
        """
        SELECT 'ledger entry ' || l.id AS place, 1 AS expected, count(*) AS actual
        FROM (
          SELECT ledger_entry_id FROM payout_entry WHERE released_at IS NULL
          UNION ALL SELECT ledger_entry_id FROM recovery_entry
        ) taken
        JOIN ledger_entry l ON l.id = taken.ledger_entry_id
        WHERE l.plan_year = :plan_year GROUP BY l.id
        """,
    ),
    Check(
        "entries-released",
        "Each payout line: its entries and instalments are released where it was rejected or its batch withdrawn, and "
        "else are not.",
        "rows",
        """
        SELECT 'line ' || n.number || ' of batch ' || n.batch_id AS place,
               CASE WHEN n.state = 'rejected' OR b.state = 'withdrawn' THEN count(*) ELSE 0 END AS expected,
               count(p.released_at) AS actual
        FROM payout_line n
        JOIN payout_batch b ON b.id = n.batch_id
        JOIN (
          SELECT line_id, released_at FROM payout_entry
          UNION ALL SELECT line_id, released_at FROM payout_instalment
        ) p ON p.line_id = n.id
        WHERE b.plan_year = :plan_year GROUP BY n.id, b.id
        """,
    ),
    Check(
        "ledger-placed",
        "The ledger by educator and component, with what is in live payout lines, waits, or is to be taken back by a "
        "recovery.",
        "cents",
        """
        SELECT 'educator ' || educator_id || ', ' || component AS place, coalesce(l.cents, 0) AS expected,
               coalesce(placed.cents, 0) AS actual
        FROM (
          SELECT educator_id, component, sum(amount_cents) AS cents FROM ledger_entry WHERE plan_year = :plan_year
          GROUP BY educator_id, component
        ) l
        FULL JOIN (
          SELECT educator_id, component, sum(cents) AS cents
          FROM (
            SELECT n.educator_id, n.component, n.amount_cents AS cents
            FROM payout_line n JOIN payout_batch b ON b.id = n.batch_id
            WHERE b.plan_year = :plan_year AND n.state <> 'rejected' AND b.state <> 'withdrawn'
            UNION ALL
            SELECT educator_id, component, amount_cents FROM open_item WHERE plan_year = :plan_year
            UNION ALL
            SELECT r.educator_id, i.component, -i.amount_cents
            FROM recovery r JOIN recovery_instalment i ON i.recovery_id = r.id
            WHERE r.plan_year = :plan_year AND r.state <> 'stopped' AND NOT EXISTS (
              SELECT FROM payout_instalment p WHERE p.instalment_id = i.id AND p.released_at IS NULL)
          ) part GROUP BY educator_id, component
        ) placed USING (educator_id, component)
        """,
    ),
    Check(
        "answers-complete",
        "Each payout line: it has payroll's answer where its batch was acknowledged, and else has none.",
        "rows",
        """
        SELECT 'line ' || n.number || ' of batch ' || n.batch_id AS place, (b.state = 'acknowledged')::int AS expected,
               (n.state <> 'open')::int AS actual
        FROM payout_line n JOIN payout_batch b ON b.id = n.batch_id WHERE b.plan_year = :plan_year
        """,
    ),
)
_JOURNALS = (
    Check(
        "steps-posted",
        "What each step of each payout line has to post, with the entries of the payment journal.",
        "cents",
        """
        SELECT 'line ' || n.number || ' of batch ' || n.batch_id || ', ' || kind AS place, due.cents AS expected,
               posted.amount_cents AS actual
        FROM (
          SELECT n.id AS line_id, abs(n.amount_cents) AS cents,
                 unnest(CASE WHEN n.amount_cents > 0 THEN step.pays ELSE step.takes_back END) AS kind
          FROM payout_line n
          JOIN payout_batch b ON b.id = n.batch_id
          CROSS JOIN LATERAL (
            SELECT CASE WHEN b.state = 'withdrawn' OR n.state = 'rejected' THEN '{approved,released}'::text[]
                        WHEN n.state = 'accepted' THEN '{approved,paid}' ELSE '{approved}' END AS pays,
                   CASE WHEN b.state = 'withdrawn' OR n.state = 'rejected' THEN '{claimed,claim_released}'::text[]
                        WHEN n.state = 'accepted' THEN '{claimed,recovered}' ELSE '{claimed}' END AS takes_back
          ) step
          WHERE b.plan_year = :plan_year AND b.approved_at IS NOT NULL
        ) due
        FULL JOIN (
          SELECT p.* FROM payment_entry p JOIN payout_line n ON n.id = p.line_id
          JOIN payout_batch b ON b.id = n.batch_id WHERE b.plan_year = :plan_year
        ) posted USING (line_id, kind)
        JOIN (SELECT id, number, batch_id FROM payout_line) n ON n.id = line_id
        """,
    ),
    Check(
        "journals-balance",
        "Debits, with credits, by posted month and district.",
        "cents",
        """
        SELECT posted_period || ', ' || coalesce('district ' || district_id, 'no district') AS place,
               sum(debit_cents) AS expected, sum(credit_cents) AS actual
        FROM general_ledger WHERE plan_year = :plan_year GROUP BY posted_period, district_id
        """,
    ),
    Check(
        "accrued-bonus",
        "The ledger less what is in lines of approved batches, by educator and component, with the account "
        "accrued_bonus.",
        "cents",
        """
        SELECT 'educator ' || educator_id || ', ' || component AS place, coalesce(e.cents, 0) AS expected,
               coalesce(g.cents, 0) AS actual
        FROM (
          SELECT educator_id, component, sum(cents) AS cents
          FROM (
            SELECT educator_id, component, amount_cents AS cents FROM ledger_entry WHERE plan_year = :plan_year
            UNION ALL
            SELECT n.educator_id, n.component, -n.amount_cents
            FROM payout_line n JOIN payout_batch b ON b.id = n.batch_id
            WHERE b.plan_year = :plan_year AND b.approved_at IS NOT NULL AND b.state <> 'withdrawn'
              AND n.state <> 'rejected'
          ) part GROUP BY educator_id, component
        ) e
        FULL JOIN (
          SELECT educator_id, component, sum(credit_cents - debit_cents) AS cents
          FROM general_ledger WHERE plan_year = :plan_year AND account = 'accrued_bonus'
          GROUP BY educator_id, component
        ) g USING (educator_id, component)
        """,
    ),
)
# Of each month its last step, where that closed it.
_CLOSED = """
SELECT c.month, c.totals, c.totals_hash FROM (
  SELECT DISTINCT ON (month) * FROM accounting_period_step ORDER BY month, number DESC
) c WHERE c.totals IS NOT NULL
"""
_MONTHS = (
    Check(
        "months-hashed",
        "Each closed month's hash, with SHA-256 of its frozen totals.",
        "rows",
        f"""
        SELECT month AS place, 1 AS expected,
               (encode(sha256(convert_to(totals, 'UTF8')), 'hex') = totals_hash)::int AS actual
        FROM ({_CLOSED}) c
        """,
    ),
    Check(
        "months-frozen",
        "The frozen debits and credits of each closed month, by district and account, with those of the journals.",
        "cents",
        f"""
        SELECT month || ', ' || coalesce('district ' || nullif(district, ''), 'no district') || ', ' || account || ', '
                 || side AS place,
               coalesce(frozen.cents, 0) AS expected, coalesce(now.cents, 0) AS actual
        FROM (
          SELECT c.month, coalesce(t.district_id, '') AS district, t.account, s.side, s.cents
          FROM ({_CLOSED}) c
          CROSS JOIN json_to_recordset(c.totals::json) AS t(
            plan_year text, district_id text, account text, debit_cents bigint, credit_cents bigint)
          CROSS JOIN LATERAL (VALUES ('debit', t.debit_cents), ('credit', t.credit_cents)) AS s(side, cents)
          WHERE t.plan_year = :plan_year
        ) frozen
        FULL JOIN (
          SELECT g.posted_period AS month, coalesce(g.district_id::text, '') AS district, g.account, s.side,
                 sum(s.cents) AS cents
          FROM general_ledger g
          CROSS JOIN LATERAL (VALUES ('debit', g.debit_cents), ('credit', g.credit_cents)) AS s(side, cents)
          WHERE g.plan_year = :plan_year AND g.posted_period IN (SELECT month FROM ({_CLOSED}) c)
          GROUP BY g.posted_period, g.district_id, g.account, s.side
        ) now USING (month, district, account, side)
        """,
    ),
)
_PAYOUTS = (
    Check(
        "payouts-suspended",
        "Suspensions of payouts: each has ended. One that stands means that this database may not know of all that was "
        "paid.",
        "rows",
        """
        SELECT 'since ' || to_char(suspended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ', ' || reason AS place,
               1 AS expected, (resumed_at IS NOT NULL)::int AS actual
        FROM payout_suspension
        """,
    ),
)
BOOKS = (*UP_TO_THE_LEDGER, *_BATCHES, *_JOURNALS, *_MONTHS)
CHECKS = (*_PAYOUTS, *BOOKS)


async def look_at_one_moment(connection: AsyncConnection) -> None:
    """All statements of this transaction, which has to begin here, see the database as of the first of them."""
    await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


async def run(connection: AsyncConnection, check: Check, plan_year: str) -> Found:
    query = text(_FOUND.replace("{pairs}", check.pairs))
    parameters = {"plan_year": plan_year} if ":plan_year" in check.pairs else {}
    row = (await connection.execute(query, parameters)).one()
    return Found(
        check, row.compared, row.expected, row.actual, row.differing, orjson.loads(row.places) if row.places else []
    )
