"""What stands between the suite and what it starts. Standard library only: it runs under `python -I -S`."""
