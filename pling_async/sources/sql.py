"""The rows of a query, from any database that SQLAlchemy knows, as the database sends them."""

import re
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from pling_async.errors import ConfigurationError, MissingExtraError, Place, SourceError
from pling_async.sources.base import Parts, SourceOptions
from pling_async.sources.extras import needed
from pling_async.sources.files import row_parts
from pling_async.sources.objects import ObjectRows

_READ_ONLY: Final = {"sqlite": "PRAGMA query_only = ON", "mysql": "SET TRANSACTION READ ONLY"}
_AT_A_TIME: Final = 1000
_SHOWN: Final = 200


@frozen(kw_only=True)
class Query:
    """A query and where it is asked; columns are known by the names that headers are known by.

    Nothing is written: the transaction is read-only where the database has such, and never committed.
    """

    sql: str = field(repr=False)
    dsn: str = field(repr=False)
    """A URL of SQLAlchemy, such as postgresql+psycopg://user@host/crm; it may hold a password, and is never shown."""


def query_parts(query: Query, options: SourceOptions, chunk_rows: int) -> Parts:
    """Yield the rows of a query in the order in which they come; raises `SourceError` for what the database refuses."""
    options.only(kind="a query")
    library = needed("sqlalchemy", extra="sql", source="a query")
    engine = _engine(query.dsn, library)
    name = f"{engine.dialect.name} query"
    reader = ObjectRows(name, options)
    try:
        with engine.connect() as connection, closing(_rows(connection, query.sql, name)) as rows:
            info = yield from row_parts(rows, reader, chunk_rows)
    except library.exc.SQLAlchemyError as error:
        row = reader.count + 1 if reader.count else None
        raise SourceError(_said(error, library), Place(source=name, row=row)) from None
    finally:
        engine.dispose()
    return evolve(info, kind="sql")


def _engine(dsn: str, library: Any) -> Any:
    """Return an engine that opens one connection; no error shows the URL."""
    try:
        url = library.make_url(dsn)
        engine = library.create_engine(url, poolclass=library.pool.NullPool, hide_parameters=True)
    except (library.exc.ArgumentError, ValueError):
        message = "the dsn is not a URL that SQLAlchemy knows; use DIALECT://USER@HOST/DATABASE, or sqlite:///FILE"
        raise ConfigurationError(message) from None
    except ModuleNotFoundError as error:
        message = f"this database needs the Python module {error.name}; install the driver that brings it"
        raise MissingExtraError(message) from None
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise SourceError("there is no such SQLite file", Place(source=url.database))
    return engine


def _rows(connection: Any, sql: str, name: str) -> Generator[dict[str, Any]]:
    """Yield the rows, some of them ahead; the text is the database's: neither %s nor :name means anything in it."""
    if read_only := _READ_ONLY.get(connection.dialect.name):
        connection.exec_driver_sql(read_only)
    connection = connection.execution_options(
        no_parameters=True, stream_results=True, max_row_buffer=_AT_A_TIME, **_options(connection.dialect.name)
    )
    with connection.exec_driver_sql(sql) as result:
        headers = _headers(result, name)
        for row in result:
            yield dict(zip(headers, row, strict=True))


def _headers(result: Any, name: str) -> list[str]:
    if not result.returns_rows:
        raise SourceError("the statement gives no rows; use a SELECT", Place(source=name))
    headers = list(result.keys())
    if repeated := sorted({header for header in headers if headers.count(header) > 1}):
        seen = ", ".join(map(repr, repeated))
        raise SourceError(f"the query gives {seen} more than once; name the columns with AS", Place(source=name))
    return headers


def _options(dialect: str) -> dict[str, Any]:
    return {"postgresql_readonly": True} if dialect == "postgresql" else {}


def _said(error: Any, library: Any) -> str:
    """Return what the database says, but not where it may quote a cell."""
    is_about_the_query = isinstance(error, library.exc.OperationalError | library.exc.ProgrammingError)
    original = getattr(error, "orig", None)
    if not is_about_the_query or original is None:
        return f"the database failed ({type(original or error).__name__}); check the query and the database's log"
    first = str(original).strip().partition("\n")[0]
    return f"the database says: {re.sub(r'//[^/@ ]*@', '//', first)[:_SHOWN]}"
