"""Who answers: a hosted model where there is a key, a local one where it is wanted, and a few set phrases otherwise."""

import os

import httpx
from groq import Groq

OLLAMA = os.getenv("OLLAMA_URL", "http://127.0.0.1:11434")
PHRASES = {"hello": "Hello! How was your day?", "music": "What are you listening to?"}


def primary() -> str:
    wants_ollama = os.getenv("USE_OLLAMA_PRIMARY", "false").lower() == "true"
    return "ollama" if wants_ollama else "groq"


def reply(message: str) -> str:
    if primary() == "ollama":
        return _of_ollama(message)
    key = os.getenv("GROQ_API_KEY", "")
    return _of_groq(message, key) if key else _set_phrase(message)


def _of_groq(message: str, key: str) -> str:
    answer = Groq(api_key=key).chat.completions.create(
        model="llama-3.1-8b-instant", messages=[{"role": "user", "content": message}]
    )
    return answer.choices[0].message.content or ""


def _of_ollama(message: str) -> str:
    answer = httpx.post(f"{OLLAMA}/api/generate", json={"model": "llama3.1", "prompt": message, "stream": False})
    answer.raise_for_status()
    return str(answer.json()["response"])


def _set_phrase(message: str) -> str:
    words = message.lower()
    return next((phrase for word, phrase in PHRASES.items() if word in words), "Tell me more.")
