"""A CV as plain text into what it says."""

import re

from openai import OpenAI

client = OpenAI()

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_PHONE = re.compile(r"\+?\d[\d ().-]{7,}\d")
_SKILLS = ("python", "sql", "docker", "java", "kubernetes", "excel")


def facts(text: str) -> dict[str, list[str]]:
    """Return addresses, numbers and skills."""
    lower = text.lower()
    return {
        "emails": _EMAIL.findall(text),
        "phones": _PHONE.findall(text),
        "skills": [skill for skill in _SKILLS if skill in lower],
    }


def summary(text: str) -> str:
    """Return two sentences about the CV."""
    answer = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": f"Sum this CV up in two sentences:\n\n{text}"}],
    )
    return answer.choices[0].message.content or ""
