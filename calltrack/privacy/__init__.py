"""What is kept of people, how long, and what they may ask for: masking, retention, erasure, one person's data."""
