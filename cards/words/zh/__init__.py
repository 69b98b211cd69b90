"""中文，一个功能一份。"""

from cards.words.zh import doctor, faq, followup, general, plan, report, risk, settings

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
