#!/usr/bin/env bash
set -e
pip install -q fastapi uvicorn groq python-dotenv websockets python-multipart
exec python main.py
