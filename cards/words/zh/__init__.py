"""中文，一个功能一份。"""

from cards.words.zh import faq, general, plan, risk, settings

WORDS: dict[str, str] = general.WORDS | faq.WORDS | risk.WORDS | plan.WORDS | settings.WORDS
