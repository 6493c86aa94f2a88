"""English plurals and singulars, and the snake_case of class names: the words that routes are named by.

A word is changed by the first rule that fits it. The rules and the words that have no plural are those of Rails, so
that the same program has the same names.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_UNCOUNTABLE: Final = "equipment information rice money species series fish sheep jeans police"
_IRREGULAR: Final = "person/people man/men child/children sex/sexes move/moves zombie/zombies"

# Pairs of an ending (a regex, any case) and what takes its place, the most particular first.
_PLURAL: Final = (
    (r"(quiz)$", r"\1zes"),
    (r"^(oxen)$", r"\1"),
    (r"^(ox)$", r"\1en"),
    (r"^([ml])ice$", r"\1ice"),
    (r"^([ml])ouse$", r"\1ice"),
    (r"(matr|vert|ind)(?:ix|ex)$", r"\1ices"),
    (r"(x|ch|ss|sh)$", r"\1es"),
    (r"([^aeiouy]|qu)y$", r"\1ies"),
    (r"(hive)$", r"\1s"),
    (r"([^f])fe$", r"\1ves"),
    (r"([lr])f$", r"\1ves"),
    (r"sis$", r"ses"),
    (r"([ti])a$", r"\1a"),
    (r"([ti])um$", r"\1a"),
    (r"(buffal|tomat)o$", r"\1oes"),
    (r"(bu)s$", r"\1ses"),
    (r"(alias|status)$", r"\1es"),
    (r"(octop|vir)(?:i|us)$", r"\1i"),
    (r"^(ax|test)is$", r"\1es"),
    (r"s$", r"s"),
    (r"$", r"s"),
)
_SINGULAR: Final = (
    (r"(database)s$", r"\1"),
    (r"(quiz)zes$", r"\1"),
    (r"(matr)ices$", r"\1ix"),
    (r"(vert|ind)ices$", r"\1ex"),
    (r"^(ox)en", r"\1"),
    (r"(alias|status)(?:es)?$", r"\1"),
    (r"(octop|vir)(?:us|i)$", r"\1us"),
    (r"^(a)x[ie]s$", r"\1xis"),
    (r"(cris|test)(?:is|es)$", r"\1is"),
    (r"(shoe)s$", r"\1"),
    (r"(o)es$", r"\1"),
    (r"(bus)(?:es)?$", r"\1"),
    (r"^([ml])ice$", r"\1ouse"),
    (r"(x|ch|ss|sh)es$", r"\1"),
    (r"(m)ovies$", r"\1ovie"),
    (r"(s)eries$", r"\1eries"),
    (r"([^aeiouy]|qu)ies$", r"\1y"),
    (r"([lr])ves$", r"\1f"),
    (r"(tive)s$", r"\1"),
    (r"(hive)s$", r"\1"),
    (r"([^f])ves$", r"\1fe"),
    (r"(analy|ba|diagno|parenthe|progno|synop|the)s[ie]s$", r"\1sis"),
    (r"([ti])a$", r"\1um"),
    (r"(n)ews$", r"\1ews"),
    (r"(ss)$", r"\1"),
    (r"s$", r""),
)


def _irregular(to_plural: bool) -> list[tuple[str, str]]:
    rules = []
    for pair in reversed(_IRREGULAR.split()):
        one, many = pair.split("/")
        wanted = many if to_plural else one
        # The first letter is kept as it was written: "Person" has "People".
        rules += [(f"({word[0]}){word[1:]}$", rf"\1{wanted[1:]}") for word in (many, one)]
    return rules


def _compiled(rules: list[tuple[str, str]]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(ending, re.IGNORECASE), instead) for ending, instead in rules]


_TO_PLURAL: Final = _compiled([*_irregular(True), *_PLURAL])
_TO_SINGULAR: Final = _compiled([*_irregular(False), *_SINGULAR])
_HAS_NO_PLURAL: Final = re.compile(rf"\b(?:{'|'.join(_UNCOUNTABLE.split())})\Z", re.IGNORECASE)


def _inflect(word: str, rules: list[tuple[re.Pattern[str], str]]) -> str:
    if not word or _HAS_NO_PLURAL.search(word):
        return word
    for ending, instead in rules:
        changed, count = ending.subn(instead, word, count=1)
        if count:
            return changed
    return word


@lru_cache(maxsize=4096)
def pluralize(word: str) -> str:
    """The plural of a word.

    >>> pluralize("person"), pluralize("blog_post"), pluralize("sheep")
    ('people', 'blog_posts', 'sheep')
    """
    return _inflect(word, _TO_PLURAL)


@lru_cache(maxsize=4096)
def singularize(word: str) -> str:
    """The singular of a word.

    >>> singularize("people"), singularize("statuses"), singularize("news")
    ('person', 'status', 'news')
    """
    return _inflect(word, _TO_SINGULAR)


def underscore(name: str) -> str:
    """A class's name as it stands in paths and names.

    >>> underscore("BlogPost"), underscore("Admin::PostsController"), underscore("HTMLPage")
    ('blog_post', 'admin/posts_controller', 'html_page')
    """
    text = name.replace("::", "/")
    text = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z\d])(?=[A-Z])", "_", text)
    return text.replace("-", "_").lower()
