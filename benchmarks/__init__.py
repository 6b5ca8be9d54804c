"""Speed, measured against a named floor in the same run: `make bench`."""
