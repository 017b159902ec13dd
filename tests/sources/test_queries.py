"""Queries: on a real SQLite file, and on a real PostgreSQL where the machine has one."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import psycopg
import pytest

from pling_async import bulk
from pling_async.errors import ConfigurationError, MissingExtraError, SourceError
from pling_async.sources import Query, SourceInfo

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]

_ROWS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) SELECT {cells} FROM n"
_PEOPLE = _ROWS.format(last=2999, cells="'+4799999' || substr('00' || (i % 1000), -3) AS mobil, 'Navn ' || i AS navn")


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """Return the DSN of a SQLite file with people."""
    path = tmp_path / "crm.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE people (mobil TEXT, navn TEXT, postnr TEXT, stopp INTEGER, kode BLOB)")
        database.execute(
            "INSERT INTO people VALUES ('99999101', 'Åse', '0663', 1, x'00'), ('99999102', NULL, '', 0, NULL)"
        )
    return f"sqlite:///{path}"


async def test_the_rows_of_a_query_are_read(read: Read, sqlite: str) -> None:
    """Columns are known as headers are; what is shown of the source is not its address."""
    query = Query(sql="SELECT * FROM people ORDER BY mobil", dsn=sqlite)
    frame, info = await read(query, mapping={"kode": "ignore"})
    assert frame.rows() == [("99999101", "Åse", "0663", "1"), ("99999102", None, None, "0")]
    assert (info.name, info.kind, info.rows) == ("sqlite query", "sql", 2)
    assert info.mapping == {"mobil": "mobile", "navn": "name", "postnr": "postal_code", "stopp": "is_stopped"}
    assert "crm" not in repr(query)


@pytest.mark.parametrize("chunk_rows", [7, 100_000])
async def test_rows_come_as_they_are_asked_for(read: Read, sqlite: str, chunk_rows: int) -> None:
    """However many are taken at a time, they are the same, and their order is the database's."""
    frame, info = await read(Query(sql=_PEOPLE, dsn=sqlite), chunk_rows=chunk_rows)
    assert frame["name"].to_list() == [f"Navn {number}" for number in range(3000)]
    assert info.rows == 3000


async def test_marks_of_other_libraries_mean_nothing(read: Read, sqlite: str) -> None:
    """A query is sent as it is written: per cent, colons and question marks are the database's."""
    sql = "SELECT mobil, '100 %s :navn ?' AS navn FROM people WHERE navn LIKE 'Å%'"
    frame, _ = await read(Query(sql=sql, dsn=sqlite))
    assert frame.rows() == [("99999101", "100 %s :navn ?")]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM persons", "the database says: no such table: persons"),
        ("SELEC", "the database says: near"),
        ("DELETE FROM people", "readonly database"),
        ("DROP TABLE people", "readonly database"),
        ("PRAGMA user_version = 1", "the statement gives no rows|readonly"),
        ("SELECT mobil, navn, postnr AS navn FROM people", "the query gives 'navn' more than once; name the columns"),
        ("SELECT navn FROM people", "no column is known to hold mobile numbers; the headers are 'navn'"),
        ("SELECT mobil, kode AS navn FROM people", "row 1, column 'navn': a bytes cannot be written as text"),
        ("SELECT json(mobil || 'x') AS mobil FROM people", "malformed JSON"),
    ],
)
async def test_a_bad_query_is_refused(read: Read, sqlite: str, sql: str, said: str) -> None:
    """With what the database says of the query, and without a cell; nothing is written whatever the query says."""
    before = await asyncio.to_thread(Path(sqlite.removeprefix("sqlite:///")).read_bytes)
    with pytest.raises(SourceError, match=f"sqlite query.*(?:{said})") as caught:
        await read(Query(sql=sql, dsn=sqlite))
    assert "9999" not in str(caught.value)
    assert await asyncio.to_thread(Path(sqlite.removeprefix("sqlite:///")).read_bytes) == before


@pytest.mark.parametrize(
    ("dsn", "error", "said"),
    [
        ("crm.db", ConfigurationError, "not a URL that SQLAlchemy knows"),
        ("nodb://u:hemmelig@h/d", ConfigurationError, "not a URL that SQLAlchemy knows"),
        ("mssql+pymssql://u:hemmelig@h/d", MissingExtraError, "needs the Python module pymssql"),
        ("sqlite:////nowhere/crm.db", SourceError, "/nowhere/crm.db: there is no such SQLite file"),
        (
            "postgresql+psycopg://u:hemmelig@127.0.0.1:1/d",
            SourceError,
            "postgresql query: the database says: .*refused",
        ),
    ],
)
async def test_a_bad_address_is_refused_without_its_password(
    read: Read, dsn: str, error: type[Exception], said: str
) -> None:
    """What is wrong with it, and nothing that was secret."""
    with pytest.raises(error, match=said) as caught:
        await read(Query(sql="SELECT 1 AS mobile", dsn=dsn))
    assert "hemmelig" not in f"{caught.value!r}"
    assert caught.value.__cause__ is None or isinstance(caught.value.__cause__, ImportError)


async def test_a_file_that_is_no_database_is_refused(read: Read, tmp_path: Path) -> None:
    """What SQLite says is said."""
    (tmp_path / "list.db").write_bytes(b"mobile\n99999101\n" * 100)
    with pytest.raises(SourceError, match=r"the database .*DatabaseError"):
        await read(Query(sql="SELECT * FROM people", dsn=f"sqlite:///{tmp_path / 'list.db'}"))


@pytest.mark.parametrize("option", ["encoding", "delimiter", "sheet"])
async def test_options_of_files_mean_nothing(read: Read, sqlite: str, option: str) -> None:
    """An option that is ignored would be believed."""
    with pytest.raises(ConfigurationError, match=f"{option} means nothing to a query"):
        await read(Query(sql="SELECT 1 AS mobile", dsn=sqlite), **{option: ";"})


async def test_without_the_library_the_extra_is_named(read: Read, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is imported when a query is asked, and not before."""
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pling-async\[sql\]'"):
        await read(Query(sql="SELECT 1 AS mobile", dsn=sqlite))


def _programs() -> Path | None:
    """Return where PostgreSQL's programs are, Debian's first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    other = shutil.which("initdb")
    return found[0].parent if found else Path(other).parent if other else None


def _run_as_nobody_special(*words: object) -> None:
    """Run one of PostgreSQL's programs, which refuse to run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run([*map(str, words)], check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, timeout=60)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL of the tests' own, reached by a socket in its folder alone, and return its DSN."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL on this machine (Debian: apt-get install postgresql): queries on it are not tested")
    with tempfile.TemporaryDirectory(prefix="pling-pg-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data = Path(folder) / "data"
        _run_as_nobody_special(programs / "initdb", "-D", data, "-U", "pling", "-A", "trust", "-N", "-E", "UTF8")
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        _run_as_nobody_special(programs / "pg_ctl", "-D", data, "-l", data / "log", "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://pling@/postgres?host={folder}"
        finally:
            _run_as_nobody_special(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


@pytest.fixture(scope="module")
def people(postgres: str) -> str:
    """Fill a table of people."""
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as database:
        database.execute("CREATE TABLE people (mobil bigint, navn text, postnr char(4), stopp boolean, grupper text[])")
        database.execute("CREATE SEQUENCE ids")
        database.execute(
            "INSERT INTO people VALUES (4799999101, 'Åse', '0663', true, '{\"A;B\",C}'), "
            "(99999102, null, null, false, '{}')"
        )
    return postgres


async def test_postgresql_gives_the_rows_of_a_query(people: str) -> None:
    """Numbers, flags, arrays and padded text are what they are in any other source."""
    sql = "SELECT * FROM people WHERE coalesce(navn, '') NOT LIKE '%s' AND mobil::text <> ':x' ORDER BY navn"
    found = await bulk.prepare(Query(sql=sql, dsn=people))
    assert found.contacts.select("mobile", "name", "postal_code", "is_stopped", "contact_groups").rows() == [
        ("+4799999101", "Åse", "0663", True, ["A;B", "C"]),
        ("+4799999102", None, None, False, None),
    ]
    assert (found.source.name, found.source.kind) == ("postgresql query", "sql")


async def test_postgresql_streams_what_it_is_asked(read: Read, people: str) -> None:
    """The first rows are there before the last are made; an early end closes the cursor."""
    sql = "SELECT '9999' || lpad((i % 10000)::text, 4, '0') AS mobile FROM generate_series(1, 30000) i"
    frame, info = await read(Query(sql=sql, dsn=people), chunk_rows=1000)
    assert (frame.height, info.rows) == (30_000, 30_000)
    endless = "SELECT 1 / (5000 - i) AS mobile FROM (SELECT generate_series(1, 1000000000) AS i) s"
    with pytest.raises(SourceError, match=r"postgresql query, row \d+: the database failed \(DivisionByZero\)"):
        await read(Query(sql=endless, dsn=people), chunk_rows=1000)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM people RETURNING mobil", "syntax error"),
        ("SELECT nextval('ids') AS mobile", r"the database failed \(ReadOnlySqlTransaction\)"),
        ("SELECT mobile FROM people", 'column "mobile" does not exist'),
        ("SELECT navn::integer AS mobile FROM people", r"the database failed \(InvalidTextRepresentation\)"),
    ],
)
async def test_postgresql_refuses_a_bad_query(read: Read, people: str, sql: str, said: str) -> None:
    """What it says of the query is said; what it says of a cell is not."""
    with pytest.raises(SourceError, match=said) as caught:
        await read(Query(sql=sql, dsn=people))
    assert "Åse" not in str(caught.value)
