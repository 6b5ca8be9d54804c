"""Customers, jobs, invoices, and which call each came from."""
