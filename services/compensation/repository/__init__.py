"""Every query of the compensation database: accounts (the event path), plans, payouts, reading."""
