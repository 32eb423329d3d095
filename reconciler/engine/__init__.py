"""When and in which order: knows Protocols, never an adapter."""
