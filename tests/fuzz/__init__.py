"""Whatever the bytes: every reader of the suite returns a value or raises an error of the suite's own."""
