"""A call's verbs."""
