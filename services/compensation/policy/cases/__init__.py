"""Golden cases of a plan: how they are written, the events that they stand for, and what they come to."""
