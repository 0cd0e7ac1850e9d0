"""What the evaluation service does when others publish: nothing. It consumes no events."""
