"""Which header means which attribute: Norwegian, English, Google Contacts, Outlook, and the API's own names."""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from attrs import frozen

from pling_async.errors import Place, SourceError
from pling_async.sources.base import IGNORE
from pling_async.sources.stop_headers import may_hold_numbers, may_mean_agreed, may_mean_stopped

ALIASES: Final[Mapping[str, str]] = {
    "mobile": "mobile mobil mobilnr mobilnummer mobiltelefon mobiltelefonnr mobiltelefonnummer mobiltlf mobilephone "
    "mobilenumber mobilephonenumber mobileno mob tlfmobil telefonmobil cellphone cellphonenumber cellnumber cell "
    "msisdn gsm phone1value phone2value phone3value phone4value phone5value "
    "phone6value phone7value phone8value phone9value "
    "telefon telefonnummer telefonnr tlf tlfnr phone phonenumber "
    "telephone primaryphone tel homephone homephone2 businessphone businessphone2 "
    "otherphone carphone companymainphone",
    "name": "name navn fullname fulltnavn displayname contactname visningsnavn fn",
    "first_name": "firstname fornavn givenname forename ngiven",
    "last_name": "lastname etternavn familyname surname nfamily",
    "speed_dial": "speeddial kortnummer hurtignummer hurtigvalg referanse reference externalid",
    "comment": "comment kommentar comments kommentarer notat notater merknad note notes",
    "address": "address adresse gateadresse postadresse street streetaddress homestreet homeaddress address1street "
    "address1formatted businessstreet otherstreet adrstreet",
    "postal_code": "postalcode postnr postnummer zip zipcode postcode homepostalcode address1postalcode "
    "businesspostalcode otherpostalcode adrcode",
    "city": "city poststed by sted town homecity address1city businesscity othercity adrcity",
    "email": "email epost epostadresse emailaddress mail email1value "
    "email2value email2address email3value email3address",
    "auto_created_number": "autocreatednumber",
    "is_stopped": "isstopped stop stopped stopp stoppet stoppliste stopliste stoplist reservert optout optedout "
    "unsubscribed avmeldt stoppsms smsstopp stopsms smsstop optoutsms smsoptout reservertsms reservertmotsms "
    "smsreservert isoptedout isunsubscribed",
    "is_active": "isactive active aktiv",
    "contact_groups": "contactgroups contactgroup groups group grupper gruppe kontaktgrupper kontaktgruppe labels "
    "groupmembership categories category kategorier kategori",
}
"""Attribute to headers, squeezed to letters and digits; those named first are preferred."""

ATTRIBUTES: Final = tuple(ALIASES)

_PREFERENCE: Final = {
    alias: (attribute, place) for attribute, aliases in ALIASES.items() for place, alias in enumerate(aliases.split())
}
_STOP: Final = "is_stopped"
_SINGLE: Final = frozenset({"speed_dial", "is_stopped", "is_active", "contact_groups"})
"""Attributes for which a second column is a question, not a fallback; several may be chosen to stop people."""

_CHOSEN: Final = {"mobile": "is a usable number", _STOP: "says something else than no"}
"""Which of several cells is read, where it is not the first that is not blank."""

_DIGITS_OF_A_VALUE: Final = 6
"""Headers count and have years, but no numbers as long as these."""

NO_HEADER: Final = (
    "the first line is not shown, since it may be a row with personal data; a list begins with a line of headers, "
    "such as mobile,name"
)


@frozen(kw_only=True)
class Columns:
    """The positions that feed each attribute, the preferred one first."""

    by_attribute: Mapping[str, tuple[int, ...]]
    mapping: Mapping[str, str]
    ignored: tuple[str, ...]
    doubtful: tuple[str, ...] = ()
    """Custom fields that may be opt-outs and are not read."""
    agreed: tuple[str, ...] = ()
    """Columns that may be consent, of which a no is not read."""
    more_numbers: tuple[str, ...] = ()
    """Columns that may hold numbers and are not read, in a list that says who is stopped."""
    nameless: tuple[int, ...] = ()
    """The positions of columns without a header; where they hold text, that would be lost in silence."""

    def warnings(self, headers: list[str]) -> Iterator[str]:
        """Say where several columns feed one attribute."""
        for attribute, places in self.by_attribute.items():
            if len(places) > 1:
                order = ", then ".join(repr(headers[place]) for place in places)
                yield f"{attribute} is read from {order}: the first that {_CHOSEN.get(attribute, 'is not blank')}"
        if self.doubtful:
            yield f"{_named(self.doubtful)} may say who must not be contacted, and is not read; name it in fields="
        if self.agreed:
            yield (
                f"{_named(self.agreed)} may say who agreed to be contacted, and is not read: whoever did not can be "
                "reached; leave them out, or give the list a column Stopp with yes for them"
            )
        if self.more_numbers:
            read = [headers[place] for place in self.by_attribute["mobile"]]
            way_out = " ".join(f'--map "{header}=mobile"' for header in (*read, *self.more_numbers))
            yield (
                f"{_named(self.more_numbers)} may hold further numbers, and is not read: whoever is stopped here can "
                f"still be reached by them; read them with {way_out}"
            )


def squeezed(header: str) -> str:
    """Return a header as the table spells it: case, spaces and punctuation do not matter."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", header).casefold()))


def is_blank(header: str) -> bool:
    """Tell whether nothing of a header can be seen."""
    return all(each.isspace() or not each.isprintable() for each in header)


def recognised(headers: Iterable[str]) -> int:
    """Count the headers that mean something."""
    return sum(squeezed(header) in _PREFERENCE for header in headers)


def resolve(
    headers: list[str], mapping: Mapping[str, str], source: str, *, are_keys: bool = False, custom: Collection[str] = ()
) -> Columns:
    """Decide which columns to read, or raise `SourceError` with the headers seen and the way to choose.

    Keys of objects are names for certain, while the first row of a table may be a person. `custom` are the fields of an
    account that knows by itself who is stopped: those that may be opt-outs are only warned of.
    """
    seen = _seen(headers, are_keys=are_keys)
    chosen = _explicit(headers, mapping, source, seen)
    taken = frozenset(chosen.values()) - {IGNORE}
    by_attribute = {
        attribute: tuple(map(headers.index, found))
        for attribute, found in ordered(headers, {headers[place]: name for place, name in chosen.items()}, taken)
    }
    _check(headers, by_attribute, chosen.keys(), source, seen)
    used = {place: attribute for attribute, places in by_attribute.items() for place in places}
    decided = used.keys() | chosen.keys()
    doubtful = _passed_over(headers, decided)
    _refuse_passed_over([header for header in doubtful if header not in custom], headers, source)
    return Columns(
        by_attribute=by_attribute,
        mapping={headers[place]: used[place] for place in sorted(used)},
        ignored=tuple(header for place, header in enumerate(headers) if place not in used and not is_blank(header)),
        doubtful=tuple(doubtful),
        agreed=_undecided(headers, decided, may_mean_agreed),
        more_numbers=_undecided(headers, decided, may_hold_numbers) if _STOP in by_attribute else (),
        nameless=tuple(place for place, header in enumerate(headers) if is_blank(header) and place not in chosen),
    )


def ordered(headers: Iterable[str], chosen: Mapping[str, str], taken: frozenset[str]) -> list[tuple[str, list[str]]]:
    """Return each attribute with its headers, the preferred one first; a `taken` attribute has only chosen ones."""
    ranked: dict[str, list[tuple[int, str]]] = {}
    for header in headers:
        attribute, rank = (chosen[header], 0) if header in chosen else _PREFERENCE.get(squeezed(header), (IGNORE, 0))
        if attribute != IGNORE and (header in chosen or attribute not in taken):
            ranked.setdefault(attribute, []).append((rank, header))
    return [(name, [header for _, header in sorted(ranked[name], key=_rank)]) for name in ATTRIBUTES if name in ranked]


def _rank(ranked: tuple[int, str]) -> int:
    return ranked[0]


def _explicit(headers: list[str], mapping: Mapping[str, str], source: str, seen: str) -> dict[int, str]:
    chosen = {}
    for header, attribute in mapping.items():
        place = named_by(header, headers)
        if place is None:
            message = f"the mapping names a column that is not there; {seen}"
            raise SourceError(message, Place(source=source, field=header))
        chosen[place] = attribute
    return chosen


def named_by(name: str, headers: Sequence[str]) -> int | None:
    """Return the place of the header that a mapping's name means: the same one, or the first that is spelled alike."""
    alike = (place for place, each in enumerate(headers) if squeezed(each) == squeezed(name))
    return headers.index(name) if name in headers else next(alike, None)


def _passed_over(headers: list[str], decided: AbstractSet[int]) -> list[str]:
    """Return the headers of columns that may be opt-outs and that nobody has decided about."""
    return [header for place, header in enumerate(headers) if place not in decided and may_mean_stopped(header)]


def _undecided(headers: list[str], decided: AbstractSet[int], may_mean: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the headers that may mean something, unless somebody decided about them; the first row may be a person."""
    found = (each for place, each in enumerate(headers) if place not in decided and may_mean(each))
    return tuple(each for each in found if not _is_value(each))


def _refuse_passed_over(doubtful: list[str], headers: list[str], source: str) -> None:
    """Raise `SourceError` for columns that may be opt-outs and are not read: an opt-out binds by law."""
    if not doubtful:
        return
    shown = [header for header in doubtful if not _is_value(header)]
    named = _named(shown) or f"column {headers.index(doubtful[0]) + 1}"
    first = shown[0] if shown else "Header"
    message = (
        f"{named} may say who must not be contacted, but would not be read; "
        f'say what it is with --map "{first}={_STOP}" or --map "{first}={IGNORE}", '
        f"or mapping={{{first!r}: {_STOP!r}}}"
    )
    raise SourceError(message, Place(source=source))


def _check(
    headers: list[str],
    by_attribute: Mapping[str, tuple[int, ...]],
    chosen: AbstractSet[int],
    source: str,
    seen: str,
) -> None:
    if "mobile" not in by_attribute:
        way_out = "choose one with --map \"Header=mobile\", or mapping={'Header': 'mobile'}"
        message = f"no column is known to hold mobile numbers; {seen}; {way_out}"
        raise SourceError(message, Place(source=source))
    for attribute in _SINGLE & by_attribute.keys():
        places = by_attribute[attribute]
        if len(places) > 1 and not (attribute == _STOP and chosen >= {*places}):
            both = _named([headers[place] for place in places])
            each = f' for each that is, and --map "Other={IGNORE}"' if attribute == _STOP else ""
            message = f'{both} all mean {attribute}; choose with --map "Header={attribute}"{each}, or mapping='
            raise SourceError(message, Place(source=source))


def may_be_shown(headers: Iterable[str]) -> bool:
    """Tell whether these are headers for certain: where a file has none its first row stands here, of a person."""
    given = list(headers)
    return recognised(given) > 0 and not any(map(_is_value, given))


def _is_value(header: str) -> bool:
    digits = sum(map(str.isdecimal, header))
    return "@" in header or digits >= _DIGITS_OF_A_VALUE or bool(digits and not any(map(str.isalpha, header)))


def _seen(headers: list[str], *, are_keys: bool) -> str:
    if not headers:
        return "the headers are missing"
    is_safe = may_be_shown(headers) or (are_keys and not any(map(_is_value, headers)))
    return f"the headers are {_named(headers)}" if is_safe else NO_HEADER


def _named(headers: Sequence[str]) -> str:
    return ", ".join(map(repr, headers[:40]))
