"""The nouns: frozen values without I/O, clock or behaviour beyond their own meaning."""
