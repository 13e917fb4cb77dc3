"""The five outages of examples/outages: each variant committed, put to preflight, and judged by expected.toml."""
