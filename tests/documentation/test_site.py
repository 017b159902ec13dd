"""What the site's build does besides mkdocs; the build itself is `make docs`."""

import importlib.util
import logging
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pling_async import bulk, sources
from tests.documentation.blocks import ROOT


@pytest.fixture
def hooks() -> ModuleType:
    """Load the hooks as mkdocs does."""
    spec = importlib.util.spec_from_file_location("mkdocs_hooks", ROOT / "mkdocs_hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_page_is_never_forgotten(hooks: ModuleType, tmp_path: Path) -> None:
    """What the navigation does not name is found at its end."""
    (tmp_path / "guides").mkdir()
    for name in ("index.md", "guides/named.md", "guides/forgotten.md"):
        (tmp_path / name).touch()
    nav: list[Any] = [{"Home": "index.md"}, {"Guides": ["guides/named.md"]}]
    config = hooks.on_config({"docs_dir": str(tmp_path), "nav": nav})
    assert config["nav"][-1] == {"More": ["guides/forgotten.md"]}


def test_contributing_is_a_page(hooks: ModuleType) -> None:
    """Its text is that of the repository, with links that are right within the site."""
    page = hooks.on_page_markdown("{{ CONTRIBUTING.md }}", config={"config_file_path": str(ROOT / "mkdocs.yml")})
    assert page.startswith("# Contributing")
    assert "](docs/" not in page


@pytest.mark.parametrize("module", [bulk, sources], ids=["bulk", "sources"])
def test_the_reference_has_functions_that_share_their_modules_name(module: ModuleType) -> None:
    """Read without being run, `bulk.apply` is a module; so the page names the function in it."""
    page = (ROOT / "docs" / "reference" / f"{module.__name__.rpartition('.')[2]}.md").read_text(encoding="utf-8")
    folder = Path(module.__path__[0])
    twice = [name for name in module.__all__ if (folder / f"{name}.py").is_file()]
    assert twice
    assert [name for name in twice if f"::: {module.__name__}.{name}.{name}\n" not in page] == []


@pytest.mark.parametrize(
    ("html", "is_remote"),
    [
        ('<script async src="https://example.com/a.js"></script>', True),
        ('<link href="//example.com/a.css" rel="stylesheet">', True),
        ('<img alt="" src="http://example.com/a.png">', True),
        ("<style>@import 'https://example.com/a.css'</style>", True),
        ("<p style='background: url(https://example.com/a.png)'>", True),
        (
            '<a href="https://example.com/">a link</a> <img src="images/a.png"> <link rel="stylesheet" href="a.css">',
            False,
        ),
    ],
)
def test_nothing_is_loaded_from_elsewhere(
    hooks: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture, html: str, *, is_remote: bool
) -> None:
    """Whatever a browser would fetch from another host is a warning, which ends a strict build; links are not."""
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    hooks.on_post_build({"site_dir": str(tmp_path)})
    assert bool([each for each in caplog.records if each.levelno >= logging.WARNING]) == is_remote
