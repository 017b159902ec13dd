"""The routes of the sandbox's page, and what keeps every other page from using its forms."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from pling_async.sandbox.controls import Controls
from pling_async.sandbox.page.actions import SAID, Actions, Done
from pling_async.sandbox.page.forms import Form
from pling_async.sandbox.page.parts import Part
from pling_async.sandbox.page.pling_actions import PlingActions
from pling_async.sandbox.page.rendering import render
from pling_async.sandbox.page.views import Views

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

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._views = Views.of(controls)
        self._token = secrets.token_urlsafe()

    def mount(self, root: web.Application) -> None:
        """Add the page to an application."""
        parts = {part.path: part for part in self._views.parts()}
        for path, part in parts.items():
            root.router.add_get(path, self._shown(part))
        for name, (action, path) in self._actions().items():
            root.router.add_post(f"{_PREFIX}/{name}", self._done(action, parts[path]))
        root.router.add_get("/favicon.ico", _nothing)

    def _actions(self) -> Mapping[str, tuple[Action, str]]:
        """Return what forms do, by name, each with the part that its form is on."""
        actions = Actions(self._controls)
        common: dict[str, tuple[Action, str]] = {
            "reset": (actions.reset, "/"),
            "arm": (actions.arm, "/page/faults"),
            "disarm": (actions.disarm, "/page/faults"),
            "settle": (actions.settle, "/page/faults"),
            "forget": (actions.forget, "/page/requests"),
        }
        if self._views.pling is None:
            return common
        pling = PlingActions(self._controls, self._views.pling.service)
        return {
            **common,
            "seed": (pling.seed, "/"),
            "sample": (pling.sample, "/"),
            "switch": (pling.switch, "/page/switches"),
        }

    def _shown(self, part: Part) -> Handler:
        async def show(request: web.Request) -> web.Response:
            return await self._rendered(request, part, {"error": None, "form": {}}, 200)

        return show

    def _done(self, action: Action, part: Part) -> Handler:
        async def act(request: web.Request) -> web.Response:
            form = await self._form(request)
            try:
                where, said = await action(form)
            except ValueError as error:
                return await self._rendered(request, part, {"error": str(error), "form": form}, 400)
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

    async def _rendered(self, request: web.Request, part: Part, told: Mapping[str, Any], status: int) -> web.Response:
        said = SAID.get(request.query.get("done", ""))
        common = {**await self._views.common(request), "token": self._token, "said": said}
        values = {**common, **await part.view(request), **told}
        return await self._controls.stage.worker.call(render, part.template, values, status)


async def _nothing(_: web.Request) -> web.Response:
    return web.Response(status=204)
