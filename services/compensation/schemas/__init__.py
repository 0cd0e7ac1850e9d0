"""What crosses the border of compensation: request and response bodies (`rest`), the statement (`statement`)."""
