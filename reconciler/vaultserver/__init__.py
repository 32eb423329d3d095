"""An ASGI application that speaks the wire of Azure Backup over a simulated estate and a clock to advance."""
