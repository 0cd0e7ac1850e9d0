"""Every query of the slo database: `people`, `slos`, `history`."""
