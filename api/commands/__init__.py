"""The commands of the command line, grouped by what a person is doing."""
