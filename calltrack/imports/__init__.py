"""CSV files into customers, jobs, calls and costs: checked whole, then applied in batches."""
