"""A stand-in for Render: its documented API, a git origin whose pushes deploy, real builds, real instances, faults."""
