"""How Azure is spoken to: one waist for every request, and the only importer of azure.*."""

from reconciler.azure.clouds import UnknownCloudError
from reconciler.azure.connect import Connection, connect
from reconciler.azure.observe import AzureReader
from reconciler.azure.writer import AzureWriter

__all__ = ["AzureReader", "AzureWriter", "Connection", "UnknownCloudError", "connect"]
