"""One consistent snapshot of the database, and every recording and sound that it names, in one file; and back."""
