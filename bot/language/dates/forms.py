"""The forms in which people name days: a table of patterns, each with the function that reads it.

Patterns are matched against a folded text without spaces. A named group is what its function reads;
an empty one (`(?P<half>)`) says that this form leaves that out.
"""

from __future__ import annotations

import re

from bot.language.dates import festivals
from bot.language.dates.numbers import ABOUT, ENGLISH, NUMBER
from bot.language.dates.readers import (
    NEAR,
    Read,
    ago_or_later,
    asked,
    beside_anchor,
    beside_festival,
    beside_new_year,
    beside_next_holiday,
    day_of_month,
    day_of_year,
    english_date,
    english_end,
    half_year,
    hours_on,
    made_up_for_festival,
    make_up_day,
    month_part,
    near_day,
    nth_of,
    quarter,
    same_day,
    since_anchor,
    t_day,
    week,
    weekday,
    weekend,
    whole_month,
    year_part,
)

_UNITS = r"个?(?:工作日|working ?days?|business ?days?|天|日|周|星期|礼拜|月|季度|年|days?|weeks?|months?)"
_COUNT = rf"(?P<n>{ABOUT}|{NUMBER}|半)(?P<unit>{_UNITS})(?P<half>半)?"
_ENGLISH_COUNT = rf"(?P<n>{ENGLISH}) ?(?P<unit>(?:(?:working|business) )?days?|weeks?|months?|years?)(?P<half>)(?P<ago>)"
_WEEK = "(?:周|星期|礼拜)"
_DAY_NAME = r"(?:[一二三四五六日天]|[1-7](?![\d个次天点:：号月]))"
_M = r"(?P<m>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_D = r"(?P<d>3[01]|[12]\d|0?[1-9]|三十[一]?|二?十[一二三四五六七八九]?|[一二三四五六七八九])"
# A number with 号 behind it that names a thing: 三号楼, 2号线, 5号机.
_NO_THING = r"(?!\s*(?:楼|线|机|仓|门|库|院|馆|厅|车间|车|炉|泵|柜|桌|窗|字|码|会议|服务器|厂|店|病房|病区|手术|电梯|文|令|主机|环境|机房|工位|公告|站|馆|产线|货|床|诊))"
# Behind a month and 号 a gap parts the date from what comes next.
_NO_THING_NEXT = _NO_THING.replace(r"\s*", "", 1)
_WHICH_MONTH = (
    r"(?:(?P<y>\d{4}年|\d{2}年|今年|明年|后年)?(?P<mon>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?|"
    r"(?P<which>下+个?|这个?|本|当|上个?)月份?)"
)
_NTH = r"第(?:[一二三四五六七八九十两]|\d)|首"
_KIND = rf"个?(?:工作日|上班日|{_WEEK}[一二三四五六日天]|{_WEEK}(?![一二三四五六日天])|月|天上班|天)|次上班"
_SIDE = (
    r"(?:的?(?:(?P<after>之后|以后|过后|后|结束后|完|回来)|(?P<before>之前|以前|前))的?"
    rf"(?:(?:{_COUNT})(?:之?内|以内|之后|后)?|(?P<nth>{_NTH}|最后)(?P<what>{_KIND}))?)"
)
_YEAR = r"(?P<y>20\d\d年?|今年|明年|后年|去年|来年)?"
_PLACE = r"(?!\s*(?:广场|路|街|店|大道|小区|大厦|月饼|礼|晚会|促销|大促|红包|福利|票|档|路口|中路|值班表))"
_MONTH_NAME = "(?P<mon>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*)"

# The table. Of what overlaps in a text the longest counts; rows do not depend on their order.
FORMS: tuple[tuple[str, Read], ...] = (
    # A day of the calendar.
    (r"(?<!\d)(?P<y>20\d\d|2\d(?=年))[-/.年]" + _M + r"[-/.月]" + _D + r"(?!\d)[日号]?", day_of_year),
    (r"(?<![\d.])(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-2]\d|3[01])(?![\d.])", day_of_year),
    (r"(?P<y>今年|明年|后年|去年|来年)?(?<!\d)" + _M + r"月份?的?" + _D + r"(?!\d)(?:日|号" + _NO_THING_NEXT + r"|(?![个天年周%.:点日号])" + _NO_THING + ")", day_of_year),
    (r"(?<!\d)(?:1[3-9]|[2-9]\d)月\d{1,2}[日号]", asked("impossible")),
    (r"(?<![\d.:/a-z-])(?<!进度)(?<!剩下)(?<!完成)(?<!通过)(?<!占)(?P<m>1[0-2]|0?[1-9])[/-](?P<d>3[01]|[12]\d|0?[1-9])(?![\d.:%/个]|-\d|的人|天|周|月|点|人|家|小时|成|用例|通过|条|的用例|已|是)", day_of_year),
    (r"(?<![\d.:/a-z版v本-])(?<!升级到)(?<!升到)(?<!价)(?<!计)(?P<m>1[0-2]|0?[1-9])\.(?P<d>3[01]|[12]\d|0?[1-9])(?=号|日|前|之前|以前|上线|交付|提交|完成|给|下午|上午|晚上?\d|早上|到位|截止|割接|验收|能|要|到|~|-|[,，。;；)） ]|$)(?!\.\d)", day_of_year),
    (r"(?P<which>下+个?月|这个?月|本月|当月|上个?月)份?的?" + _D + r"(?:[日号]|(?=[前之,，。 ]|$))" + _NO_THING, day_of_month),
    (r"(?<![\d零一二三四五六七八九十廿月第.])" + _D + r"[号日](?P<which>)" + _NO_THING + r"(?!历|志|报|均|常|期|程|用)", day_of_month),
    (r"(?<![\da-z])(?P<d>\d{1,2})(?:st|nd|rd|th)(?![a-z])(?P<which>)", day_of_month),
    # Near days.
    ("|".join(form for form, _ in NEAR), near_day),
    (rf"(?P<which>[下上]+个?)(?P<unit>{_WEEK}|月)的?今天", same_day),
    (r"^(?P<m>0[1-9]|1[0-2])(?P<d>[0-2]\d|3[01])$", day_of_year),
    # Weekdays, weeks, weekends.
    (rf"(?<!每)(?<!每个)(?P<which>[下上]+个?|这个?|本)?{_WEEK}(?P<day>{_DAY_NAME})", weekday),
    (r"(?<![a-z\d])(?P<which>this |next |last |coming )?(?P<day>mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs?|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)(?![a-z])", weekday),
    (rf"(?P<which>[下上]+个?|这个?|本){_WEEK}(?!{_DAY_NAME}|[八九十]|末|报|会|例会|的今天)(?P<part>初|中|早些时候)?(?:之?内|以内|里)?", week),
    (r"(?<![下上这本个\d一二两三四五六七八九十每])周(?P<part>初|中|之?内)(?P<which>)", week),
    (r"(?<![a-z\d])(?P<which>this|next) week(?![a-z])(?P<part>)", week),
    (r"(?<!每)(?P<which>[下上]+个?|这个?|本)?(?:周末|双休日)", weekend),
    (r"(?P<which>this |next )?(?<![a-z\d])weekend(?![a-z])", weekend),
    # So long from now.
    (rf"(?<![第前后每\d.一二三四五六七八九十-])(?:再?过|再有|再给我?|未来|大概|约)?{_COUNT}(?:之?内|以内|里头|(?P<later>之后|以后|后)|过后|(?P<ago>之前|以前|前))(?!台|端)", ago_or_later),
    (rf"(?:再?过|还要|还需要?|需要|再给我?|给我?|给我们|宽限|再等|等我|延期?|推迟|往?后推|顺延|推|缓|晚|拖|在|限|提前量)(?:个)?{_COUNT}(?P<ago>)(?!前|的|才|多|以上)", ago_or_later),
    (rf"^{_COUNT}(?P<ago>)(?:左右|的时间|时间|吧)?$", ago_or_later),
    (rf"(?<![a-z\d])(?:in|within) (?:the next )?{_ENGLISH_COUNT}(?![a-z])", ago_or_later),
    (rf"(?<![a-z\d]){_ENGLISH_COUNT} ?(?:later|from now)", ago_or_later),
    (rf"(?:再给我?|给我?|还要|还需要?|需要|再等)(?P<n>{NUMBER}|半)个?(?P<half>半)?(?P<unit>小时|钟头|分钟|刻钟)", hours_on),
    (rf"(?<![第\d.])(?P<n>{NUMBER}|半)个?(?P<half>半)?(?P<unit>小时|钟头|分钟|刻钟|h(?:ours?|rs?)?(?![a-z])|min(?:ute)?s?)(?:之?内|以内|之?后|以后)", hours_on),
    (rf"(?<![a-z\d])(?:in|within) (?P<n>{ENGLISH}) ?(?P<unit>hours?|hrs?|h|min(?:ute)?s?)(?![a-z])(?P<half>)", hours_on),
    (r"过(?P<n>两)(?P<unit>天)(?P<half>)(?P<ago>)", ago_or_later),
    # Months, quarters, years.
    (_WHICH_MONTH + r"的?(?P<part>月?[初中底末]|上旬|中旬|下旬)(?!旬)", month_part),
    (r"(?<![\d一二三四五六七八九十个下本这当上腊正])(?P<part>月初|月中|月底|月末|中旬|上旬|下旬)", month_part),
    (_WHICH_MONTH + r"(?:之?内|以内|里|结束前|前|之前)?(?![初中底末上下第最\d一二三四五六七八九十的])", whole_month),
    (rf"(?:(?P<week>[下上]+个?|这个?|本){_WEEK}|{_WHICH_MONTH})的?(?P<nth>最后|倒数第[一二三]|第(?:[一二三四五六七八九十]|\d))(?P<what>一?{_KIND})", nth_of),
    (rf"(?:月底|月末)的?(?P<week>)(?P<nth>最后|倒数第[一二三])(?P<what>一?{_KIND})", nth_of),
    (r"(?P<y>\d{4}年|今年|明年|后年)?(?P<part>年底|年末|年初|年中|年内|岁末)", year_part),
    (r"(?P<y>今年|明年|后年|\d{4}年)(?P<part>底|末|初|中|内|之内|年[底末初中内])", year_part),
    (rf"{_YEAR}(?:第?(?P<q>[一二三四1-4])个?季度|q(?P<which>)(?=[1-4]))(?P<part>初|末|底|内|结束前|之内|之前|前)?", quarter),
    (rf"{_YEAR}q(?P<q>[1-9])(?P<which>)(?:季度)?(?P<part>初|末|底|内|结束前|结束|之内|之前|前)?", quarter),
    (r"(?P<y>)(?P<q>)(?P<which>下个?|这个?|本|当前?|上个?)季度?(?<=季度|.季)(?P<part>初|末|底|内|结束前|之内|之前|前)?", quarter),
    (rf"{_YEAR}(?P<half>上半年|下半年|h1|h2)(?:内|底|末|结束前|之前|前)?", half_year),
    # Festivals, days off, days made up for.
    (rf"{_YEAR}(?P<name>{festivals.words()}){_PLACE}(?:(?:节?放?假期?|长假|节)?{_SIDE}|收假(?P<over>)(?:后?(?P<first>第一天))?|(?P<part>节?期间|假期最后一天|最后一天|假期结束|假期|长假|当天|那天)?)", beside_festival),
    (rf"{_YEAR}(?P<name>{festivals.words()})(?:节|假期|长假)?的?(?:调休|补班|换休)(?:上班)?(?:的?那[个天](?:{_WEEK}.)?|当天|日)?", made_up_for_festival),
    (rf"(?<![\d一二两三四五六七八九十几多今明去前后半])(?P<y>)(?P<name>年){_SIDE}(?P<part>)", beside_new_year),
    (rf"(?P<y>)(?P<after>过完|过了)(?P<name>年)(?!底|末)(?:后?(?P<nth>{_NTH})(?P<what>{_KIND}))?(?P<n>)", beside_new_year),
    (rf"(?<!假)(?<!春)(?P<name>十一){_PLACE}(?:{_SIDE}|(?P<part>期间|长假|假期))", beside_festival),
    (rf"(?:这个?|下个?)?(?:节日?|假期|放假|长假|收假|小长假|节假日){_SIDE}(?P<part>)", beside_next_holiday),
    (r"(?:放假|假期)(?P<part>最后一天|结束|期间)(?P<after>)(?P<before>)", beside_next_holiday),
    (r"(?:补班|调休上班|补班日|调班)(?:的?那天|当天|日)", make_up_day),
    # Anchors.
    (rf"(?P<name>正式上线|上线|投产|go-?live|终验|初验|验收|uat|启动会|开工)(?:日|当[天晚]|那天|(?P<part>次日|第二天)|(?:通过|完成|成功)?{_SIDE})", beside_anchor),
    (rf"(?:正式)?上线(?:满?(?:{_COUNT})(?:之后|以后|后|时|整)?|(?P<full>满月))", since_anchor),
    (r"(?<![a-z])[td](?P<sign>[+-])(?P<n>\d{1,3})(?P<unit>个?(?:工作日|天|周))?(?!\d)", t_day),
    # English.
    (rf"(?<![a-z\d]){_MONTH_NAME}\.? ?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)(?:,? ?(?P<y>20\d\d))?", english_date),
    (rf"(?<![a-z\d])(?P<d>\d{{1,2}})(?:st|nd|rd|th)? ?(?:of )?{_MONTH_NAME}(?![a-z])(?:,? ?(?P<y>20\d\d))?", english_date),
    (r"(?<![a-z\d])end of (?:the )?(?P<which>this |next )?(?P<unit>week|month|quarter|year|day)(?![a-z])", english_end),
    (r"(?<![a-z\d])eo(?P<unit>[wmqy])(?![a-z])(?P<which>)", english_end),
    (r"(?<![a-z\d])(?P<which>next) (?P<unit>month|quarter|year)(?![a-z])", english_end),
)  # fmt: skip
COMPILED = tuple((re.compile(pattern), read) for pattern, read in FORMS)
# What stands for a date that nobody knows yet.
VAGUE = re.compile(
    r"尽快|尽早|asap|a\.s\.a\.p|待定|tbd|再说|另行通知|等.{0,8}通知|有空|改天|回头|过几天|过段时间|过阵子|"
    r"近期|最近|不久|到时候?|稍后|晚点|过一会|一会儿|马上|随时|看情况|待客户|抽空|下次|以后再|soon|later(?! than)"
)
