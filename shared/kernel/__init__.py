"""Values with no dependency at all: time, ids, money, school years."""
