"""Counters for /metrics."""

from prometheus_client import Counter

WEBHOOKS = Counter("calltrack_webhooks_total", "Carrier requests by kind and what became of them", ["kind", "outcome"])
