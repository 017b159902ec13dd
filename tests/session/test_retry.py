"""When to try again: tables and arithmetic."""

from typing import Any

import pytest
from attrs import asdict
from hypothesis import given
from hypothesis import strategies as st

from pling_async import errors
from pling_async.errors import Exchange, Outcome, PlingError
from pling_async.session.retry import RetryBudget, RetryLaw, RetryPolicy

POLICY = RetryPolicy()
SAFE, CONVERGENT, UNSENT = RetryLaw.SAFE, RetryLaw.CONVERGENT, RetryLaw.UNSENT


@pytest.mark.parametrize(
    ("error", "laws"),
    [
        (errors.ConnectFailed("x"), {SAFE, CONVERGENT, UNSENT}),
        (errors.HostNotFound("x"), {SAFE, CONVERGENT, UNSENT}),
        (errors.TlsFailed("x"), set()),
        (errors.PoolTimeout("x"), set()),
        (errors.ConnectionLost("x"), {SAFE, CONVERGENT}),
        (errors.ConnectionLost("x", outcome=Outcome.NOT_APPLIED), {SAFE, CONVERGENT, UNSENT}),
        (errors.ProtocolError("x"), {SAFE, CONVERGENT}),
        (errors.DeadlineExceeded("x"), set()),
        (errors.ServerError("x"), {SAFE, CONVERGENT}),
        (errors.RateLimited("x"), {SAFE, CONVERGENT, UNSENT}),
        (errors.DecodeError("x"), {SAFE}),
        (errors.CorrelationError("x"), set()),
        (errors.ResponseTooLarge("x"), set()),
        (errors.UnexpectedRedirect("x"), set()),
        (errors.BadRequest("x"), set()),
        (errors.AuthenticationError("x"), set()),
        (errors.PermissionDenied("x"), set()),
        (errors.NotFound("x"), set()),
        (errors.ConflictError("x"), set()),
        (errors.ContractError("x"), set()),
        (errors.PayloadTooLarge("x"), set()),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, PlingError) else "",
)
def test_the_law_of_each_operation(error: PlingError, laws: set[RetryLaw]) -> None:
    """The retry table: safe ones always, convergent ones after doubt, the rest when certainly not sent, or never."""
    assert {law for law in RetryLaw if POLICY.allows(error, attempt=1, law=law)} == laws


_AS_OFTEN_AS_THE_POLICY = (
    errors.ConnectFailed,
    errors.OutOfFiles,
    errors.ConnectionLost,
    errors.ProtocolError,
    errors.RateLimited,
    errors.ServerError,
)
_MOST = [(errors.TlsFailed, 1), (errors.PoolTimeout, 1), (errors.HostNotFound, 2), (errors.DecodeError, 2)]


@pytest.mark.parametrize(("kind", "most"), [*_MOST, *((kind, None) for kind in _AS_OFTEN_AS_THE_POLICY)])
@pytest.mark.parametrize("attempts", [1, 2, 3, 7])
def test_attempts_end(kind: type[PlingError], most: int | None, attempts: int) -> None:
    """As many as the policy has, at most two for a name that does not resolve or a body that cannot be read."""
    policy, last = RetryPolicy(attempts=attempts), min(attempts, most or attempts)
    tried = [policy.allows(kind("x"), attempt=n, law=SAFE) for n in range(1, attempts + 1)]
    assert tried == [n < last for n in range(1, attempts + 1)]


def test_who_sets_nothing_gets_the_documented_policy() -> None:
    """Three attempts, half a second or a whole one to begin with, twenty seconds at most, and two minutes' wish."""
    assert asdict(POLICY) == {
        "attempts": 3,
        "base": 0.5,
        "base_when_limited": 1.0,
        "longest": 20.0,
        "longest_retry_after": 120.0,
    }
    assert RetryPolicy(attempts=1, base=0, base_when_limited=0, longest=0, longest_retry_after=0).attempts == 1


def test_a_long_wish_is_not_waited_for() -> None:
    """Up to 120 s the server's wish is a floor; beyond, the caller decides."""
    for seconds, allowed in ((120.0, True), (120.1, False)):
        error = errors.RateLimited("x", exchange=Exchange(retry_after=seconds))
        assert POLICY.allows(error, attempt=1, law=UNSENT) is allowed


@pytest.mark.parametrize(
    ("attempt", "chance", "seconds"), [(1, 1.0, 0.5), (2, 1.0, 1.0), (3, 0.5, 1.0), (9, 1.0, 20.0), (1, 0.0, 0.0)]
)
def test_backoff_is_exponential_with_full_jitter(attempt: int, chance: float, seconds: float) -> None:
    """random(0..1) x min(20 s, 0.5 s x 2^(n-1))."""
    assert POLICY.delay(errors.ServerError("x"), attempt=attempt, chance=chance) == seconds


def test_a_limit_that_says_nothing_is_waited_for_longer() -> None:
    """#60: a 429 without a wish backs off from a second; one with a wish, or any other failure, from half of one."""
    assert POLICY.delay(errors.RateLimited("x"), attempt=1, chance=1.0) == 1.0
    assert POLICY.delay(errors.RateLimited("x"), attempt=3, chance=0.5) == 2.0
    wish = Exchange(retry_after=0.25)
    assert POLICY.delay(errors.RateLimited("x", exchange=wish), attempt=1, chance=1.0) == 0.5
    assert POLICY.delay(errors.RateLimited("x", exchange=wish), attempt=1, chance=0.0) == 0.25
    assert POLICY.delay(errors.ServerError("x"), attempt=1, chance=1.0) == 0.5


def test_no_wish_is_shorter_than_any_wait() -> None:
    """Who waits for no server at all still tries again after one that asks for nothing."""
    policy = RetryPolicy(longest_retry_after=0)
    for wish, allowed in ((None, True), (0.0, True), (0.1, False)):
        error = errors.ServerError("x", exchange=Exchange(retry_after=wish))
        assert policy.allows(error, attempt=1, law=SAFE) is allowed


def test_no_attempt_is_too_late_to_count() -> None:
    """The exponent ends where nobody would wait for it, so that the power of no attempt overflows."""
    assert RetryPolicy(base=1, longest=1e300).delay(errors.ServerError("x"), attempt=10**9, chance=1.0) == 2.0**64


@given(st.integers(1, 10**6), st.floats(0, 1), st.floats(0, 120))
def test_a_delay_is_bounded_and_never_below_the_wish(attempt: int, chance: float, wish: float) -> None:
    """I-22: never earlier than Retry-After, never longer than the larger of 20 s and the wish."""
    error = errors.RateLimited("x", exchange=Exchange(retry_after=wish))
    assert wish <= POLICY.delay(error, attempt=attempt, chance=chance) <= max(20.0, wish)


def test_the_budget_runs_dry_and_recovers() -> None:
    """500 tokens, 5 a retry, 10 after a timeout; a success gives back what it spent, at least one."""
    budget = RetryBudget()
    timeout = errors.ConnectionLost("x")
    timeout.__cause__ = TimeoutError()
    assert (budget.cost(errors.ServerError("x")), budget.cost(timeout)) == (5, 10)
    assert [budget.spend(10) for _ in range(50)] == [True] * 50
    assert not budget.spend(5)
    budget.earn(0)
    budget.earn(10)
    assert budget.tokens == 11
    budget.earn(10_000)
    assert budget.tokens == budget.capacity


@pytest.mark.parametrize(
    "values",
    [{"attempts": 0}, {"base": -1.0}, {"base_when_limited": -1.0}, {"longest": -1.0}, {"longest_retry_after": -1.0}],
)
def test_nonsense_is_refused(values: dict[str, Any]) -> None:
    """A policy that cannot be followed is not made."""
    with pytest.raises(ValueError, match="must be"):
        RetryPolicy(**values)
