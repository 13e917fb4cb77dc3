"""Travel fees: the first kilometres are free, the rest is paid by distance and time."""

FREE_KILOMETRES = 20.0
PER_KILOMETRE = 0.60
PER_HOUR = 24.0


def fee(kilometres: float, minutes: float) -> float:
    paid = max(kilometres - FREE_KILOMETRES, 0.0)
    share = paid / kilometres if kilometres else 0.0
    return round(paid * PER_KILOMETRE + share * minutes / 60 * PER_HOUR, 2)
