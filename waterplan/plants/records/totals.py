"""Names that are no plant's but a total's: a row of sums at the end of a table would be counted as one more plant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

CHINESE = "合计|总计|小计|共计|累计|总和|总数|汇总|平均|均值|合計|總計|小計|共計|累計|總和|總數|彙總"
ENGLISH = "total|sum|average|mean|allplants|allsites"
WORDS = tuple(f"{CHINESE}|{ENGLISH}".split("|"))
CHINESE_TOTAL = re.compile(rf".*(?:{CHINESE})(?:[数數值量行]|[0-9]+[家户个厂](?:企业)?)?")  # 全省合计, 合计3家
ENGLISH_TOTAL = re.compile(
    r"(?:(?:grand|sub|over ?all|annual|yearly|running|sum) ?)?(?:totals?|sums?)(?: sum)?|averages?|means?"
    r"|all (?:plants|sites)|(?:(?:grand|sub) ?)?(?:total|sum|average|mean) (?:of|for|over) .+"
)
AROUND = " \t\n:.。、,;*#_-—–|/\"'“”()[]【】<>"  # @SUM(A1) is odd, but no total
BRACKET = re.compile(r"[(\[【].*")


def totals_among(names: Sequence[str]) -> list[str]:
    """The names that name a total, a subtotal or an average.

    >>> totals_among(["Red Star", "合　计：", "Grand-TOTAL (3)", "Total Petrochemicals", "全省小计"])
    ['合　计：', 'Grand-TOTAL (3)', '全省小计']
    """
    together = _squeezed("".join(names))  # names of most files have none of the words, and are looked at only so
    words = [word for word in WORDS if word in together]
    return [name for name in names if words and any(map(_squeezed(name).__contains__, words)) and is_total(name)]


def _squeezed(text: str) -> str:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "".join(plain.casefold().split()).replace("-", "").replace("_", "")


def is_total(name: str) -> bool:
    """Whether a name is that of a total: by its words, whatever their case, width, blanks and what stands around."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    for _ in range(2):  # around the brackets and before them
        plain = BRACKET.sub("", plain.strip(AROUND))
    spaced = " ".join(re.split(r"[\s_\-]+", plain.strip()))
    joined = _squeezed(plain)
    return bool(CHINESE_TOTAL.fullmatch(joined) or ENGLISH_TOTAL.fullmatch(spaced) or ENGLISH_TOTAL.fullmatch(joined))
