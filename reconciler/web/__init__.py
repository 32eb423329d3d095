"""What people and probes are shown of the daemon, over HTTP and read-only."""
