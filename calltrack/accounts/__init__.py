"""Sign-in, API keys, and who may do what."""
