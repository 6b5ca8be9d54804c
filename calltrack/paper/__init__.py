"""Tables on paper: the same rows as CSV, XLSX or PDF."""
