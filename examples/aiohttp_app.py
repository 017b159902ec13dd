"""An aiohttp service over one client, which comes and goes with the application.

python examples/aiohttp_app.py      # PLING_USERNAME, PLING_PASSWORD, PLING_ACCOUNT_ID, PLING_BASE_URL
"""

from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler

from pling_async import PlingClient, errors

PLING = web.AppKey("pling", PlingClient)
STATUSES: tuple[tuple[type[errors.PlingError], int], ...] = (
    (errors.ValidationError, 422),
    (errors.NotFound, 404),
    (errors.RateLimited, 503),
    (errors.DeadlineExceeded, 504),
    (errors.PlingError, 502),
)


async def connected(application: web.Application) -> AsyncIterator[None]:
    """Open one client for all requests: its connections and its limits are shared."""
    async with PlingClient.from_env() as pling:
        application[PLING] = pling
        yield


@web.middleware
async def mapped(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors with the status that fits and the id that is in the logs."""
    try:
        return await handler(request)
    except errors.PlingError as error:
        status = next(status for kind, status in STATUSES if isinstance(error, kind))
        said = {"error": type(error).__name__, "outcome": error.outcome.value, "request_id": error.request_id}
        return web.json_response(said, status=status)


async def stop(request: web.Request) -> web.Response:
    """Put a person on the stop list: the page behind "unsubscribe"."""
    pling = request.app[PLING]
    contact = await pling.contacts.get(int(request.match_info["id"]))
    stopped = await pling.stop_list.add(contact)
    return web.json_response({"id": stopped.id, "is_stopped": stopped.is_stopped})


def application() -> web.Application:
    """Return the service."""
    app = web.Application(middlewares=[mapped])
    app.cleanup_ctx.append(connected)
    app.router.add_post(r"/people/{id:\d+}/stop", stop)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1")
