"""Render: render.yaml, or what the Dashboard would propose, into contracts."""
