"""Letters to candidates, drafted by a language model."""

from openai import OpenAI


def draft(candidate: str, text: str) -> str:
    """Return a letter to *candidate* about the CV *text*."""
    answer = OpenAI().chat.completions.create(
        model="gpt-4o-mini",
        messages=[
            {"role": "system", "content": "You write short, friendly letters to candidates."},
            {"role": "user", "content": f"Candidate: {candidate}\n\n{text}"},
        ],
    )
    return answer.choices[0].message.content or ""
