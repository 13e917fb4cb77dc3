"""What a project's target promises a service and demands of it: one package a target."""
