"""Headers that may say who must not be contacted: such a column is read or refused, and never passed over."""

import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "ß": "ss"})
"""What does not fall into a letter and an accent by itself."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CHANNEL: Final = (
    "sms|mms|e?mail|epost|marketing|markedsf|marknadsf|reklame|newsletter|nyhetsbrev|contact|kontakt|call|message"
)
_CONSENT: Final = "(?:samty[kc]k|consent|einwillig)"
_WITHDRAWN: Final = "(?:trukket|trukke|trukne|withdr|revok|widerruf|aterkall)"
_SENT: Final = f"{_CHANNEL}|ring|text|send|disturb|bli|bruk"

_HARMLESS: Final = re.compile(
    r"\b(?:bus+|trikke?|tram|tog|train|bane|metro|coach|ferge|truck|pit|full|non) ?stop+(?:s|et|ested)?\b"
    r"|\bstop+(?:ing|ested|eplass|over|watch|eklokke)[a-z]*"
    r"|\b(?:reservasjon|reservation|reservering)s? ?(?:nummer|number|nr|no|id|kode|code|ref)[a-z]*"
)
"""Where busses stop, and what a table is booked under; looked for in words with a space between them."""

_WORDS: Final = re.compile(
    rf"\b(?:{_CHANNEL}|is|er|has|har|customer|kunde)*"
    r"(?:stop|reserver|reservasjon|reservation|g?e?sperr|spaerr|sparr(?:$|[ al])|unsub|(?:dnc|nix)\b"
    r"|blok+er(?:t|et|ing|te)|block(?:ed|iert|erad|ering|list)|bloque)"
    r"|(?:stop+(?:ed|et|ad|a|t)?|stop+liste?|reservert|reservasjon|sperret?)\b"
    rf"|\b(?:{_CHANNEL})s? ?bloc?k+\b|\bbloc?k+ ?(?:{_CHANNEL})"
    rf"|\bno (?:sms|marketing|calls|texts)\b|\binte ?(?:{_SENT})"
    rf"|\b(?:ing(?:en|a)|ej|keine?) (?:{_CHANNEL}|utskick|werbung)|\bne[ij] till? (?:{_CHANNEL})"
    r"|\bei (?:sms|\w*markkinoint|saa)|kielto\b|\bmeldt (?:(?:seg|sig) )?[af]v\b|\bdnd\b"
    rf"|\bnicht (?:{_CHANNEL}|anruf|anschreib)|\b(?:werbe)?widerspr"
    rf"|{_CONSENT}.*{_WITHDRAWN}|{_WITHDRAWN}.*{_CONSENT}"
)
"""Stems at the beginning of a word, or at its end; within one they would be others, as in Christopher."""

_ANYWHERE: Final = re.compile(
    "opt(?:ed|ing|s)?out|unsubscri|avmeld|afmeld|afgemeld|avregistr|avprenumer|frameld|frabedt|frabeder|frabedes|avanmal|abgemeld|abmeld|uitgeschreven"
    "|desabonn|desinscri|suppress|bl[ao]c?k+list|svarteliste|sperrelist|robinsonlist|markkinointikielto"
    r"|neitakk|nejtac?k|takketnei|tac?kk?atnej|nothanks"
    rf"|do(?:es)?n(?:o)?t(?:{_SENT})|ikkj?e(?:{_SENT}|onsk)|(?:onsker|onskar|vil|skal|kontaktes)ikkj?e"
)
"""Stems that mean nothing else, looked for in the letters alone."""


_AGREED: Final = re.compile(
    rf"samtykk|samtyck|consent|permission|tillatelse|\bopt(?:ed)? ?in\b|\baccepts?(?:ed)? .*(?:{_CHANNEL})|\bsms ok\b"
    r"|einwillig|\bsubscribed\b|\bkan kontaktes\b"
    rf"|\b(?:onsk[ae]r|vill? ha|godtar|godkjent|mottar|tillater|accepterar|can receive)\b.*\b(?:{_CHANNEL})"
)
"""Words for a yes, where a no may be an opt-out."""


_NUMBERS: Final = re.compile(r"(?<!auto)mobil|telefon|\btlf\b|phone(?!tic)|\bcell\b|\bgsm\b|handy(?:nummer)?\b|puhelin")
_BESIDE_NUMBERS: Final = re.compile(
    r"label|type|code|kode|kod\b|\bext|model|operator|brand|tilbud|abonnement|verified|verifi"
)
"""What lists have beside a number: what kind it is, a country's code, a make of telephone, a subscription."""


def may_mean_stopped(header: str) -> bool:
    """Tell whether a header has a word for an opt-out, in one of the languages of the neighbourhood.

    Whether it is one is for the user to say, so a doubt costs a question; a bus stop and a block of flats cost none.
    """
    spaced = _HARMLESS.sub(" ", _spaced(header))
    return bool(_WORDS.search(spaced) or _ANYWHERE.search(spaced.replace(" ", "")))


def may_mean_agreed(header: str) -> bool:
    """Tell whether a header has a word for consent, so that its no may be an opt-out and its yes is none."""
    return bool(_AGREED.search(_spaced(header)))


def may_hold_numbers(header: str) -> bool:
    """Tell whether a header has a word for telephone numbers, and none for what is kept beside them."""
    spaced = _spaced(header)
    return bool(_NUMBERS.search(spaced)) and not _BESIDE_NUMBERS.search(spaced)


def _spaced(header: str) -> str:
    """Return the words of a header, plain and in lower case, with a space between them."""
    plain = unicodedata.normalize("NFKD", header.translate(_LETTERS))
    words = _WORD.findall("".join(filter(lambda each: not unicodedata.combining(each), plain)).replace("'", ""))
    return " ".join(words).lower()
