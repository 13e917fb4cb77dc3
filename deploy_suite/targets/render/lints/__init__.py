"""What is wrong with a Blueprint beyond its keys: one module a concern, each a function from Blueprint to findings."""
