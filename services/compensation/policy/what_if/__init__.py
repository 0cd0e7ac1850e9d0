"""What-if: a plan and changed facts on the whole population, beside what stands. Nothing of it becomes a statement."""
