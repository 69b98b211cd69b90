"""English, a file a feature."""

from cards.words.en import general, plan, risk, settings

WORDS: dict[str, str] = general.WORDS | risk.WORDS | plan.WORDS | settings.WORDS
