"""What one sandbox serves: the services asked for, each under its own prefix, over one store and one journal."""

import pytest

from pling_async.sandbox import Sandbox


@pytest.mark.parametrize(
    ("services", "message"),
    [
        (("nothing",), "there is no service 'nothing'; there are pling"),
        ((), "one service at least"),
        (("pling", "pling"), "none of them twice"),
    ],
)
def test_services_have_names(services: tuple[str, ...], message: str) -> None:
    """A typing error is refused with the names there are, and so is a sandbox that serves nothing."""
    with pytest.raises(ValueError, match=message):
        Sandbox(services=services)
