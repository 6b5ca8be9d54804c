"""What people say to each other about calls, so that the next one goes better: rubrics, evaluations, examples."""
