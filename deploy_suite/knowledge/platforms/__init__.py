"""What platforms promise and demand, as data: one TOML file a platform, every row with its source."""
