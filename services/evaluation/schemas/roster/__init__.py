"""The reader of OneRoster 1.2 CSV file sets: archive, tables, rows. It keeps nothing of students and no secrets."""
