"""Rules of evaluation: which teachers are tested, how a year becomes a rating. Pure, no files, no clock."""
