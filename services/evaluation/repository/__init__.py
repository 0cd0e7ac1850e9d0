"""Every query of the evaluation database, a module for each kind of thing."""
