"""What the site does besides mkdocs: CONTRIBUTING.md is a page, no page is forgotten, nothing comes from elsewhere."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_LOG: Final = logging.getLogger("mkdocs.hooks")
_INCLUDED: Final = "{{ CONTRIBUTING.md }}"
_REMOTE: Final = re.compile(
    r"""<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc(?:set)?=["']?(?:https?:)?//"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|icon|shortcut|preload|preconnect))[^>]*\bhref=["']?(?:https?:)?//"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//|url\(["']?(?:https?:)?//"""
)


def on_config(config: Any) -> Any:
    """Put pages that the navigation does not name at its end, under More."""
    folder = Path(config["docs_dir"])
    named = set(_paths(config["nav"]))
    pages = sorted(str(page.relative_to(folder)) for page in folder.rglob("*.md"))
    if left := [page for page in pages if page not in named]:
        config["nav"].append({"More": left})
    return config


def _paths(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    else:
        for each in entry.values() if isinstance(entry, dict) else entry:
            yield from _paths(each)


def on_page_markdown(markdown: str, config: Any, **_: Any) -> str:
    """Put CONTRIBUTING.md, whose links begin at the repository, in its place."""
    if _INCLUDED not in markdown:
        return markdown
    text = (Path(config["config_file_path"]).parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return markdown.replace(_INCLUDED, text.replace("](docs/", "]("))


def on_post_build(config: Any) -> None:
    """Warn, which ends a strict build, of everything that a browser would load from elsewhere."""
    site = Path(config["site_dir"])
    for path in (*site.rglob("*.html"), *site.rglob("*.css")):
        if found := _REMOTE.search(path.read_text(encoding="utf-8")):
            _LOG.warning("%s loads something from elsewhere: %s", path.relative_to(site), found[0])
