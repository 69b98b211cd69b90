"""What people write in answers, as a card shows it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cards.elements import Bold, Bullets, Card, Link, Plain, Text, plain
from cards.markdown import elements_of
from cards.render import feishu


def test_the_usual_marks() -> None:
    found = elements_of(
        "# 步骤\n先点**打印**，见[手册](https://example.com/a)。\n- 一\n- 二\n\n![图](https://example.com/b.png)"
    )
    assert found[0] == Text((Bold("步骤"),))
    manual = Link("手册", "https://example.com/a")
    assert found[1] == Text((Plain("先点"), Bold("打印"), Plain("，见"), manual, Plain("。")))
    assert isinstance(found[2], Bullets)
    assert [plain(item.parts) for item in found[2].items] == ["一", "二"]
    assert found[3] == Text((Link("图", "https://example.com/b.png"),))


def test_a_bare_address_ends_where_chinese_goes_on() -> None:
    (line,) = elements_of("见 https://example.com/v?a=1，第二节")
    assert isinstance(line, Text)
    assert line.parts[1] == Link("https://example.com/v?a=1", "https://example.com/v?a=1")


def test_no_other_scheme_is_a_link() -> None:
    (line,) = elements_of("[点我](javascript:alert(1)) <at id=all></at>")
    assert isinstance(line, Text)
    assert all(isinstance(part, Plain) for part in line.parts)
    assert "<at id=all>" not in str(feishu.render(Card("t", (line,))))


@given(st.text(alphabet="*#[]()!-\n a字https://", max_size=60))
def test_nothing_that_was_written_is_lost(told: str) -> None:
    shown = "".join(
        plain(part.parts) if isinstance(part, Text) else "".join(plain(i.parts) for i in part.items)
        for part in elements_of(told)
        if isinstance(part, Text | Bullets)
    )
    letters = [c for c in told if c in "a字"]
    assert [c for c in shown if c in "a字"] == letters or "(" in told
