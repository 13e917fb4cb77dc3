"""her: a companion that listens and answers, by HTTP and over a WebSocket."""

import os
import time

import uvicorn
from dotenv import load_dotenv
from fastapi import FastAPI, Form, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

import providers
import voice

load_dotenv()
app = FastAPI(title="her")


class Message(BaseModel):
    message: str
    session_id: str = ""


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok", "primary": providers.primary()}


@app.post("/chat")
def chat(given: Message) -> dict[str, object]:
    began = time.perf_counter()
    text = providers.reply(given.message)
    return {"reply": text, "latency_ms": round((time.perf_counter() - began) * 1000, 1)}


@app.post("/feedback")
def feedback(text: str = Form()) -> dict[str, int]:
    return {"words": len(text.split())}


@app.websocket("/ws/chat")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            message = await socket.receive_json()
            text = providers.reply(message["message"])
            await socket.send_json({"reply": text, "voice": voice.contour(text)})
    except WebSocketDisconnect:
        return


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=int(os.getenv("PORT", "8000")))
