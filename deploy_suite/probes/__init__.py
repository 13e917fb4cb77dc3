"""Ask a running service, and judge its answers."""
