"""A FastAPI service over one client: opened and closed with the application, its errors mapped in one place.

uvicorn --app-dir examples fastapi_app:app      # PLING_USERNAME, PLING_PASSWORD, PLING_ACCOUNT_ID, PLING_BASE_URL
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from pling_async import Contact, PlingClient, errors

STATUSES: tuple[tuple[type[errors.PlingError], int], ...] = (
    (errors.ValidationError, 422),
    (errors.BadRequest, 422),
    (errors.NotFound, 404),
    (errors.ConflictError, 409),
    (errors.RateLimited, 503),
    (errors.DeadlineExceeded, 504),
    (errors.PlingError, 502),  # credentials and network are ours to fix, not the caller's
)


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    """Open one client for all requests: its connections and its limits are shared."""
    async with PlingClient.from_env() as pling:
        application.state.pling = pling
        yield


app = FastAPI(lifespan=lifespan)


def client(request: Request) -> PlingClient:
    """Return the application's client."""
    pling: PlingClient = request.app.state.pling
    return pling


Pling = Annotated[PlingClient, Depends(client)]


class Person(BaseModel):
    """A contact as this service shows it."""

    id: int
    name: str
    city: str
    is_stopped: bool


class Moved(BaseModel):
    """What a person may change."""

    city: str


@app.get("/people/{number}")
async def person(number: int, pling: Pling) -> Person:
    """Return one person."""
    return shown(await pling.contacts.get(number))


@app.patch("/people/{number}")
async def move(number: int, moved: Moved, pling: Pling) -> Person:
    """Change one field: the contact is read and written whole, so that nothing is reset by what is left out."""
    contact = await pling.contacts.get(number)
    return shown(await pling.contacts.update(contact.evolve(city=moved.city)))


@app.exception_handler(errors.PlingError)
async def refused(_: Request, error: errors.PlingError) -> JSONResponse:
    """Answer with the status that fits, what is known of the outcome, and the id that is in the logs."""
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    said = {"error": type(error).__name__, "outcome": error.outcome.value, "request_id": error.request_id}
    wait = {"Retry-After": f"{error.retry_after:.0f}"} if error.retry_after else {}
    return JSONResponse(said, status, headers=wait)


def shown(contact: Contact) -> Person:
    """Return what others may see of a contact."""
    return Person(
        id=contact.id or 0, name=contact.name or "", city=contact.city or "", is_stopped=bool(contact.is_stopped)
    )
