"""What runs inside the service's own environment: standard library and the tool itself only, Python 3.7 and later."""
