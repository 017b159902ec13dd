"""What the guards say of a copy out of Pling; nothing is ever deleted there, so that few of them have a say."""

from collections.abc import Iterator

from attrs import frozen

from pling_async.bulk.guards import Guards, Level, Verdict, some


@frozen(kw_only=True)
class CopyFacts:
    """What the guards need to know of a copy: counts, and nothing about persons."""

    account_id: int
    people: int
    stopped: int
    stopped_skipped: int
    numbers_taken: int
    addresses_taken: int
    same_number: int
    also_marked: int
    stopped_elsewhere: int
    stopped_there: int


def judge(facts: CopyFacts, guards: Guards, title: str) -> tuple[Verdict, ...]:
    """Return every guard's verdict, in the order in which they are shown."""
    return tuple(Verdict(guard=name, level=level, message=said) for name, level, said in _judged(facts, guards, title))


def _judged(facts: CopyFacts, guards: Guards, title: str) -> Iterator[tuple[str, Level, str]]:
    yield "account", *_account(facts, guards)
    yield "expected-rows", *_expected(facts, guards)
    yield "removals", Level.PASSED, f"nothing is deleted in {title}"
    yield "stop-list", *_stopped(facts, title)
    yield "same-number", *_same_number(facts, title)
    yield "addresses", *_addresses(facts, title)


def _account(facts: CopyFacts, guards: Guards) -> tuple[Level, str]:
    if guards.accounts is None or facts.account_id in guards.accounts:
        return Level.PASSED, f"account {facts.account_id} may be read"
    return Level.REFUSED, f"account {facts.account_id} is not one of those named; check PLING_ACCOUNT_ID"


def _expected(facts: CopyFacts, guards: Guards) -> tuple[Level, str]:
    found = some(facts.people, "contact")
    if guards.min_rows is None or facts.people >= guards.min_rows:
        return Level.PASSED, f"{found} in the account"
    return Level.REFUSED, f"{found} in the account, {guards.min_rows} expected; lower --min-rows (Guards(min_rows=...))"


def _stopped(facts: CopyFacts, title: str) -> tuple[Level, str]:
    away = facts.stopped_skipped - facts.stopped_there
    left, there, elsewhere = (some(n, "stopped contact") for n in (away, facts.stopped_there, facts.stopped_elsewhere))
    words = {
        f"reachable in {title}, where they are, since it has no custom field Stop, boolean or string: {there};"
        " make one there and copy again, or see to them there": facts.stopped_there,
        f"not written, since {title} has no opt-out: {left}; a custom field Stop there, and --stopped mark"
        ' (stopped="mark"), take them along': away,
        f"reachable in {title}, where their number is an additional one of somebody without a mark: {elsewhere};"
        " mark those there": facts.stopped_elsewhere,
    }
    if held := [sentence for sentence, count in words.items() if count]:
        return Level.HELD, "; ".join(held)
    return Level.PASSED, f"stopped there as well: {some(facts.stopped, 'contact')}"


def _same_number(facts: CopyFacts, title: str) -> tuple[Level, str]:
    if not facts.numbers_taken and not facts.same_number:
        return Level.PASSED, f"a number is one contact's in {title}"
    mark = f", but for {some(facts.also_marked, 'mark')} of a stop" if facts.also_marked else ""
    twice = f"{some(facts.same_number, 'contact')} have the number of another one and stay as they are{mark}"
    taken = f"{some(facts.numbers_taken, 'contact')} left out, whose number is an additional one of another contact"
    return Level.HELD, "; ".join(([twice] if facts.same_number else []) + ([taken] if facts.numbers_taken else []))


def _addresses(facts: CopyFacts, title: str) -> tuple[Level, str]:
    if not facts.addresses_taken:
        return Level.PASSED, "every address can be written"
    return (
        Level.HELD,
        f"stay behind, since another contact of {title} has them: {some(facts.addresses_taken, 'e-mail')}",
    )
