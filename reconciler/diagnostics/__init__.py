"""What a person is told: diagnostics, the troubleshooting table, and how both are printed."""
