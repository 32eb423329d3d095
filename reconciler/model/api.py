"""The api-versions we send: the newest whose swagger we check answers against (`azure/spec` of the facts)."""

BACKUP = "2024-04-01"
VAULTS = "2024-04-01"
COMPUTE = "2024-07-01"
CLASSIC_COMPUTE = "2016-11-01"
"""Unconfirmed: no public swagger of the classic provider exists."""
NETWORK = "2024-05-01"
