"""What people said of calls makes a better classifier, and says how good it is."""
