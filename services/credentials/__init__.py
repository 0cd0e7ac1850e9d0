"""Credentials: the catalogue of micro-credentials and pathways, and the awards that providers tell of."""
