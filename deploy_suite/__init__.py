"""Preflight and deployment of Python web services: a project at a commit in, a verdict or a live release out."""
