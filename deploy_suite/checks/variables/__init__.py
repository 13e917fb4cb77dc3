"""Variables that the code wants against those that the target is told of."""
