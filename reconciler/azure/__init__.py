"""How Azure is spoken to: the only importer of azure."""
