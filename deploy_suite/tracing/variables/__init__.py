"""What code asks the environment for, read from its sources."""
