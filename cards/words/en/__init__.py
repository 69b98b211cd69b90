"""English, a file a feature."""

from cards.words.en import faq, followup, general, plan, report, risk, settings

WORDS: dict[str, str] = (
    general.WORDS
    | faq.WORDS
    | followup.WORDS
    | risk.WORDS
    | plan.WORDS
    | report.WORDS
    | settings.WORDS
)
