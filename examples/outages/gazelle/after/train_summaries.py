"""A page for the office, run by hand: shows the notes that the assistant searches."""

import json
from pathlib import Path

from flask import Flask

app = Flask(__name__)
NOTES = Path("modules/assistant/services/notes.json")


@app.get("/")
def notes() -> str:
    return "<br>".join(f"{note['client']}: {note['text']}" for note in json.loads(NOTES.read_text()))


if __name__ == "__main__":
    app.run(port=5001)
