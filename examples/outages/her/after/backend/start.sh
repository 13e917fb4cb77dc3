#!/usr/bin/env bash
set -e
exec python main.py
