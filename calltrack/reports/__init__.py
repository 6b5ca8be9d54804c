"""What an account is told by e-mail: its scorecard on time, and when a campaign goes wrong."""
