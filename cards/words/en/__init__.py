"""English, a file a feature."""

from cards.words.en import doctor, faq, followup, general, plan, report, risk, settings

WORDS: dict[str, str] = (
    general.WORDS
    | doctor.WORDS
    | faq.WORDS
    | followup.WORDS
    | risk.WORDS
    | plan.WORDS
    | report.WORDS
    | settings.WORDS
)
