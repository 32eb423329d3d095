"""Whether the daemon is alive, ready and useful, for probes and for Prometheus."""
