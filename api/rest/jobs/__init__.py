"""Training as a job of the server: its record, the process that trains, and who watches it."""
