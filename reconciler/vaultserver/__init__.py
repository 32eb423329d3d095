"""An ASGI application that speaks the wire of Azure Backup over a simulated estate, with a clock that can be advanced."""
