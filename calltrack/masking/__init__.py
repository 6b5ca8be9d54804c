"""Numbers that nobody may keep, as people say them on the telephone: found in text, and masked. Pure."""
