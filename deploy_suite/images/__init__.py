"""A Dockerfile read for what can be enacted without Docker: files, installs, variables and the start command."""
