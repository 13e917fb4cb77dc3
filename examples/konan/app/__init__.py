"""konan: a small assistant that answers from stored passages and from the files its users upload."""
