"""The routes of the sandbox's page, and what keeps every other page from using its forms."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from pling_async.sandbox.controls import Controls
from pling_async.sandbox.page.actions import SAID, Actions, Done
from pling_async.sandbox.page.forms import Form
from pling_async.sandbox.page.rendering import render
from pling_async.sandbox.page.views import Values, Views
from pling_async.sandbox.pling.service import PlingService

_PREFIX: Final = "/page"
_ALONE: Final = frozenset({"/", "/favicon.ico"})
_LONGEST_FORM: Final = 1 << 20
_FORM: Final = "application/x-www-form-urlencoded"

Action = Callable[[Form], Awaitable[Done]]


def is_page(path: str) -> bool:
    """Return whether a path is the page's own, where its own forms and links may lead."""
    return path in _ALONE or path.startswith(f"{_PREFIX}/")


class Page:
    """Shows a sandbox; every form carries a token that only a page of this very sandbox can know."""

    def __init__(self, controls: Controls, pling: PlingService) -> None:
        self._controls = controls
        self._views = Views(controls, pling)
        self._actions = Actions(controls, pling)
        self._token = secrets.token_urlsafe()

    def mount(self, root: web.Application) -> None:
        """Add the page to an application."""
        actions = self._actions
        application = web.Application()
        for path, view in (
            ("/contacts", "contacts"),
            (r"/contacts/{id:[0-9]{1,18}}", "contact"),
            ("/groups", "groups"),
            ("/stop-list", "stop_list"),
            ("/requests", "requests"),
            ("/replace", "replace"),
            ("/faults", "faults"),
            ("/switches", "switches"),
        ):
            application.router.add_get(path, self._shown(view))
        for path, action, view in (
            ("/reset", actions.reset, "overview"),
            ("/seed", actions.seed, "overview"),
            ("/sample", actions.sample, "overview"),
            ("/arm", actions.arm, "faults"),
            ("/disarm", actions.disarm, "faults"),
            ("/settle", actions.settle, "faults"),
            ("/switch", actions.switch, "switches"),
            ("/forget", actions.forget, "requests"),
        ):
            application.router.add_post(path, self._done(action, view))
        root.add_subapp(_PREFIX, application)
        root.router.add_get("/", self._shown("overview"))
        root.router.add_get("/favicon.ico", _nothing)

    def _shown(self, view: str) -> Handler:
        async def show(request: web.Request) -> web.Response:
            return await self._rendered(request, view, {"error": None, "form": {}}, 200)

        return show

    def _done(self, action: Action, view: str) -> Handler:
        async def act(request: web.Request) -> web.Response:
            form = await self._form(request)
            try:
                where, said = await action(form)
            except ValueError as error:
                return await self._rendered(request, view, {"error": str(error), "form": form}, 400)
            raise web.HTTPSeeOther(f"{where}?done={said}")

        return act

    async def _form(self, request: web.Request) -> Form:
        """Return what a form of this page says; another page's has not our token, and no browser sends it elsewhere."""
        if request.content_type != _FORM:
            raise web.HTTPUnsupportedMediaType(text="this is for the page's own forms")
        if request.content_length is None or request.content_length > _LONGEST_FORM:
            raise web.HTTPRequestEntityTooLarge(_LONGEST_FORM, text="too long for a form; POST it to /__sandbox__/seed")
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        if not secrets.compare_digest(form.pop("token", "").encode(), self._token.encode()):
            raise web.HTTPForbidden(text="the form is an older one: load the page again")
        return form

    async def _rendered(self, request: web.Request, view: str, told: Mapping[str, Any], status: int) -> web.Response:
        values: Values = await getattr(self._views, view)(request)
        common = {
            "token": self._token,
            "path": request.path,
            "account": await self._views.account(request),
            "accounts": await self._views.accounts(),
            "said": SAID.get(request.query.get("done", "")),
        }
        return await self._controls.stage.worker.call(render, f"{view}.html.j2", {**common, **values, **told}, status)


async def _nothing(_: web.Request) -> web.Response:
    return web.Response(status=204)
