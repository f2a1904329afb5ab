"""How many tokens a text has, where the tokenizer is not ours to ask.

Models differ. Four characters of an alphabet, or one sign of a script without spaces (Chinese,
Japanese, Korean), make about one token; the estimate is within a third for the usual ones.
"""

from collections.abc import Iterable

CHARACTERS_PER_TOKEN = 4
FIRST_WIDE = "\u2e80"
"""From here on, Unicode has the scripts whose signs are about a token each."""


def estimate_tokens(texts: Iterable[str]) -> int:
    """About how many tokens these texts have together."""
    return sum(-(-_quarters(text) // CHARACTERS_PER_TOKEN) for text in texts)


def cut_to_estimate(text: str, max_tokens: int) -> str:
    """The beginning of a text that has, by the estimate, at most so many tokens."""
    if _quarters(text) <= max_tokens * CHARACTERS_PER_TOKEN:
        return text
    left = max_tokens * CHARACTERS_PER_TOKEN
    for place, sign in enumerate(text):
        left -= CHARACTERS_PER_TOKEN if sign >= FIRST_WIDE else 1
        if left < 0:
            return text[:place]
    return text


def _quarters(text: str) -> int:
    """The size of a text in quarters of a token."""
    wide = sum(sign >= FIRST_WIDE for sign in text)
    return len(text) + wide * (CHARACTERS_PER_TOKEN - 1)
