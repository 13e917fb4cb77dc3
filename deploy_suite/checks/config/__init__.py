"""What can be seen in manifests, commands and sources before anything is built: one module a concern."""
