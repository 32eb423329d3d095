"""Unchanged clients of Azure Backup against the embedded vault: `python -m tests.clients`."""
