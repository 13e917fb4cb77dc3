"""How numbers stand in sentences."""


def counted(number: int, noun: str) -> str:
    """Return "1 commit", "2 commits", "0 commits"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
