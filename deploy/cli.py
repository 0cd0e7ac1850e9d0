"""The `rung` command."""
