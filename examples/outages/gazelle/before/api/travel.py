"""What a trip to a client costs."""

from fastapi import APIRouter

from modules.travel import fee

router = APIRouter(prefix="/travel", tags=["travel"])


@router.get("/fee")
def travel_fee(kilometres: float, minutes: float = 0.0) -> dict[str, float]:
    return {"fee": fee(kilometres, minutes)}
