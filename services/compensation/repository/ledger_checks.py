"""The checks of the reconciliation from facts by statements to the ledger; from there on: `reconciliation`."""

from services.compensation.domain import Check

_FACTS = (
    Check(
        "facts-numbered",
        "Each account's number of its last fact, with its fact rows, which are numbered without a gap.",
        "rows",
        """
        SELECT 'educator ' || coalesce(a.educator_id, f.educator_id) AS place, a.applied_sequence AS expected,
               CASE WHEN coalesce(f.rows, 0) = a.applied_sequence THEN coalesce(f.last, 0) ELSE coalesce(f.rows, 0) END
                 AS actual
        FROM educator_account a
        FULL JOIN (SELECT educator_id, count(*) AS rows, max(sequence) AS last FROM fact GROUP BY educator_id) f
          USING (educator_id)
        """,
    ),
    Check(
        "facts-folded",
        "What each account knows, with the last fact row of each thing that is known.",
        "rows",
        """
        SELECT 'educator ' || educator_id AS place, count(*) AS expected,
               count(*) FILTER (WHERE known.kind IS NOT NULL AND last.kind IS NOT NULL) AS actual
        FROM (
          SELECT a.educator_id, k.key AS kind, r.key, (r.value->>0)::int AS version, (r.value->>1)::uuid AS event_id
          FROM educator_account a, json_each(a.facts::json) k, json_each(k.value) r
        ) known
        FULL JOIN (
          SELECT DISTINCT ON (educator_id, kind, key) educator_id, kind, key, version, event_id
          FROM fact ORDER BY educator_id, kind, key, sequence DESC
        ) last USING (educator_id, kind, key, version, event_id)
        GROUP BY educator_id
        """,
    ),
    Check(
        "facts-once",
        "Each event that brought a fact: it is in one fact row.",
        "rows",
        "SELECT 'event ' || event_id AS place, 1 AS expected, count(*) AS actual FROM fact GROUP BY event_id",
    ),
)
_STATEMENTS = (
    Check(
        "statements-numbered",
        "The number of each educator's last statement, with how many there are.",
        "rows",
        """
        SELECT 'educator ' || educator_id AS place, max(sequence) AS expected, count(*) AS actual
        FROM statement WHERE plan_year = :plan_year GROUP BY educator_id
        """,
    ),
    Check(
        "statements-hashed",
        "Each statement's hash, with SHA-256 of its body.",
        "rows",
        """
        SELECT 'statement ' || sequence || ' of educator ' || educator_id AS place, 1 AS expected,
               (encode(sha256(convert_to(body, 'UTF8')), 'hex') = hash)::int AS actual
        FROM statement WHERE plan_year = :plan_year
        """,
    ),
    Check(
        "statements-standing",
        "The total of each educator's last statement, with the standing total that names its number and hash.",
        "cents",
        """
        SELECT 'educator ' || coalesce(s.educator_id, t.educator_id) AS place, s.total_cents AS expected,
               CASE WHEN (t.sequence, t.statement_hash) = (s.sequence, s.hash) THEN t.total_cents END AS actual
        FROM (
          SELECT DISTINCT ON (educator_id) educator_id, sequence, hash, total_cents
          FROM statement WHERE plan_year = :plan_year ORDER BY educator_id, sequence DESC
        ) s
        FULL JOIN (SELECT * FROM bonus_total WHERE plan_year = :plan_year) t USING (educator_id)
        """,
    ),
)
_LEDGER = (
    Check(
        "ledger-totals",
        "Each educator's standing total, with the sum of the ledger.",
        "cents",
        """
        SELECT 'educator ' || coalesce(t.educator_id, l.educator_id) AS place, t.total_cents AS expected,
               coalesce(l.cents, 0) AS actual
        FROM (SELECT * FROM bonus_total WHERE plan_year = :plan_year) t
        FULL JOIN (
          SELECT educator_id, sum(amount_cents) AS cents FROM ledger_entry WHERE plan_year = :plan_year
          GROUP BY educator_id
        ) l USING (educator_id)
        """,
    ),
    Check(
        "ledger-components",
        "Each component of each standing total, with the sum of its ledger entries.",
        "cents",
        """
        SELECT 'educator ' || educator_id || ', ' || component AS place, coalesce(t.cents, 0) AS expected,
               coalesce(l.cents, 0) AS actual
        FROM (
          SELECT educator_id, c.key AS component, c.value::bigint AS cents
          FROM bonus_total, json_each_text(components::json) c WHERE plan_year = :plan_year
        ) t
        FULL JOIN (
          SELECT educator_id, component, sum(amount_cents) AS cents FROM ledger_entry WHERE plan_year = :plan_year
          GROUP BY educator_id, component
        ) l USING (educator_id, component)
        """,
    ),
    Check(
        "pots",
        "What educators have of each pot of a closed year: no more than its sum, in the network, in all campuses or "
        "districts that share one each, or in each group. Who came to it later was paid at the settled rate; reopen "
        "the year and settle it anew.",
        "cents",
        """
        WITH settled AS (
          SELECT is_final, settlement->'pot_units' AS units FROM common_facts
          WHERE plan_year = :plan_year ORDER BY number DESC LIMIT 1
        ), pot AS (
          SELECT c->>'code' AS code, ((c->>'total')::numeric * 100)::bigint AS cents, c->'within'->>'attribute' AS kept,
                 CASE WHEN coalesce(c->>'within', 'network') = 'network' THEN 1
                      ELSE (SELECT count(*) FROM jsonb_object_keys(settled.units->(c->>'code'))) END AS places
          FROM plan_version v, jsonb_array_elements(v.document->'components') c, settled
          WHERE v.plan_year = :plan_year AND v.state = 'published' AND c->>'pay' = 'pot' AND c ? 'total'
            AND settled.is_final
        ), paid AS (
          SELECT educator_id, component, sum(amount_cents) AS cents FROM ledger_entry
          WHERE plan_year = :plan_year GROUP BY educator_id, component
        )
        SELECT 'component ' || p.code AS place, least(p.cents * p.places, sum(l.cents)) AS expected,
               sum(l.cents) AS actual
        FROM pot p JOIN paid l ON l.component = p.code WHERE p.kept IS NULL
        GROUP BY p.code, p.cents, p.places
        UNION ALL
        SELECT 'component ' || p.code || ', ' || p.kept || ' ' || a.value, least(p.cents, sum(l.cents)), sum(l.cents)
        FROM pot p JOIN paid l ON l.component = p.code
        JOIN attribute a ON a.educator_id = l.educator_id AND a.school_year = :plan_year AND a.attribute = p.kept
          AND a.item IS NULL
        GROUP BY p.code, p.cents, p.kept, a.value
        """,
    ),
)

UP_TO_THE_LEDGER = (*_FACTS, *_STATEMENTS, *_LEDGER)
