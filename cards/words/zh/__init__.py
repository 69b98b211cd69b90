"""中文，一个功能一份。"""

from cards.words.zh import general, plan, risk, settings

WORDS: dict[str, str] = general.WORDS | risk.WORDS | plan.WORDS | settings.WORDS
