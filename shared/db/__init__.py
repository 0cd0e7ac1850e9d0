"""PostgreSQL: engines, naming, bulk writes, which faults pass, migrations."""
