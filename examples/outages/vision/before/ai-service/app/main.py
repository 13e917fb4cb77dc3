"""What a label on a photograph looks like: found, cut out and measured."""

from fastapi import FastAPI, HTTPException, UploadFile

from app import labels

app = FastAPI(title="vision")
LARGEST_BYTES = 8_000_000


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/labels")
async def find(photograph: UploadFile) -> dict[str, object]:
    content = await photograph.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise HTTPException(413, "the photograph is too large")
    try:
        found = labels.find(content)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    return {"labels": [label.asdict() for label in found]}
