"""Numbers over time, costs, facts (SQL) and scorecards (arithmetic)."""
