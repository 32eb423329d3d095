"""GitOps for Azure VM backup."""

__version__ = "0.1.0"
