"""Azure's JSON as our values: strict about meaning, tolerant of what is new."""
