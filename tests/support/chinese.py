"""Whether what is printed in Chinese is Chinese: no English sentence, whatever names, paths and units it repeats."""

import re

RUN = 3  # so many English words in a row are a sentence, fewer a name
REPEATED = re.compile(
    r"“[^”]*”|\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`"  # what was given, in quotation marks
    r"|（详情：[^）]*）"  # the words of a library or of the system, set apart
    r"|\b(?:waterplan|python|pip) [a-z]+(?: [\w./=:\[\]-]+)*"  # a command to type
    r"|\b(?:https?|postgresql|sqlite|tcp)\S*://\S+"
    r"|(?<![\w/])-{1,2}[a-z][\w-]*"  # an option
    r"|[\w.-]*[/\\][\w./\\-]*"  # a path, or a unit such as m3/a
    r"|\w*[._=\[\]*<>][\w.=\[\]*<>-]*"  # a file, a key of a table, a setting
)
WORDS = re.compile(rf"[A-Za-z]+(?:[’'-][A-Za-z]+)*(?:[ ,;:]+[A-Za-z]+(?:[’'-][A-Za-z]+)*){{{RUN - 1},}}")
LISTED = re.compile(r"[\w-]+(?:, ?[\w-]+)+")  # names with commas between and nothing else: what is allowed
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def english_in(text: str) -> list[str]:
    """Runs of three or more English words, outside quotation marks, paths, identifiers, commands and lists of names."""
    found = WORDS.findall(REPEATED.sub("·", text))
    return [run for run in found if not LISTED.fullmatch(run)]


def assert_chinese(text: str) -> None:
    """Fails with what is English in it, and where nothing is Chinese."""
    assert english_in(text) == [], text
    assert CHINESE.search(text), text
