"""What an SLO is (`values`), which steps there are (`states`), and what each step does (`steps`). No I/O."""
