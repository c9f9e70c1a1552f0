"""A snapshot for Prometheus: the metrics, their labels, and the exporter that serves them."""
