"""What crosses the border of the slo service: REST bodies (`rest`), uploads of past years (`past`)."""
