"""How YAML is read: the only importer of yaml and jsonschema."""
