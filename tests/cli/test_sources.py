"""Lists of every kind on the command line."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).parents[1] / "sources" / "files"
ROWS = [{"mobile": "99999101", "name": "Åse"}, {"mobile": "99999102", "name": "Ola"}]
JSON = json.dumps(ROWS).encode()


@pytest.fixture
def crm(tmp_path: Path) -> str:
    """Return the DSN of a SQLite file with the people of `ROWS`."""
    with closing(sqlite3.connect(tmp_path / "crm.db")) as database, database:
        database.execute("CREATE TABLE people (mobile TEXT, name TEXT)")
        database.executemany("INSERT INTO people VALUES (:mobile, :name)", ROWS)
    return f"sqlite:///{tmp_path / 'crm.db'}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((FILES / "kunder.xlsx",), "excel, sheet 'Kunder', 8 rows"),
        ((FILES / "to_ark.xlsx", "--sheet", "2"), "excel, sheet 'Svensker', 1 rows"),
        ((FILES / "google.csv",), "csv, utf-8, delimiter ',', 4 rows"),
        ((FILES / "google.vcf",), "vcard, utf-8, 1 rows"),
    ],
)
def test_what_is_read_and_how_is_said(pling: Any, words: tuple[object, ...], said: str) -> None:
    """Kind, encoding, delimiter, sheet, and what each column means."""
    ended = pling("check", *words)
    assert ended.code == 0, ended
    assert said in ended.out
    assert "=mobile" in ended.out


def test_a_query_is_a_list(pling: Any, account: Any, crm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """check, plan and import take it in place of a file; the address may be in the environment."""
    sql = ("--sql", "SELECT * FROM people")
    ended = pling("check", *sql, "--dsn", crm, "-o", "json")
    assert json.loads(ended.out)["source"]["kind"] == "sql"
    monkeypatch.setenv("PLING_DSN", crm)
    ended = pling("plan", *sql)
    assert ended.code == 0, ended
    assert "--sql 'SELECT * FROM people'" in ended.err
    assert "crm.db" not in ended.err
    assert pling("import", *sql, "--yes", "--groups", "Kunder; VIP").code == 0
    assert set(account.contacts()) == {"+4799999101", "+4799999102"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Give the list as FILE, or as --sql QUERY"),
        (("customers.csv", "--sql", "SELECT 1"), "Give the list as FILE, or as --sql QUERY"),
        (("--sql", "SELECT 1"), "--sql needs --dsn URL, or PLING_DSN"),
        (("--sql", "SELECT 1", "--dsn", "nodb://u@h"), "not a URL that SQLAlchemy knows"),
        (("--sql", "SELECT 1", "--dsn", "postgresql://u:canary@h/crm"), "give the URL in PLING_DSN"),
        (("customers.csv", "--sheet", "2"), "sheet means nothing to a CSV file"),
        ((FILES / "kunder.xlsx", "--delimiter", ";"), "delimiter means nothing to an Excel workbook"),
        ((FILES / "google.vcf", "--sheet", "A"), "sheet means nothing to vCard files"),
        (("customers.csv", "--groups", "x" * 41), "a name has 1 to 40 characters"),
        (("customers.csv", "--keep", "newest"), "'newest' is not one of"),
    ],
)
@pytest.mark.parametrize("command", ["check", "plan"])
def test_what_makes_no_sense_is_wrong_usage(
    pling: Any, account: Any, csv_file: Any, command: str, words: tuple[object, ...], said: str
) -> None:
    """Options that mean nothing to a list are refused, and not ignored."""
    csv_file("Fornavn;Mobil\nOla;99999101\n")
    ended = pling(command, *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "canary" not in ended.err
    assert account.sandbox.requests == []


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:ca/nary@h/crm",
        "postgresql://u:ca?nary#@h/crm",
        "postgresql://:canary@h/crm",
        "mysql://u@h/crm?password=canary",
        "mysql://u@h/crm?charset=utf8&passwd=canary",
        "postgresql://u@h/crm?sslPassword=canary",
        "postgresql://u@h/crm?p%61ssword=canary",
        "mssql+pyodbc:///?odbc_connect=SERVER%3Dh%3BUID%3Du%3BPWD%3Dcanary",
        "duckdb:///md:crm?motherduck_token=canary",
    ],
)
def test_no_password_in_the_url_of_a_database(pling: Any, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it stands in the URL, it is refused as an argument, which everybody on the machine can read (#115)."""
    ended = pling("check", "--sql", "SELECT 1", "--dsn", dsn)
    assert (ended.code, "give the URL in PLING_DSN" in ended.err, "nary" in ended.err) == (2, True, False)
    monkeypatch.setenv("PLING_DSN", dsn.replace("://", "x://"))
    assert "give the URL" not in pling("check", "--sql", "SELECT 1").err


@pytest.mark.parametrize(
    "dsn",
    ["sqlite:///C:/crm@home.db", "x://u@h:5432/crm?passfile=/home/u/.pgpass", "x://h:5432/crm", "x://u%40firm@h/crm"],
)
def test_a_url_without_a_password_may_be_an_argument(pling: Any, dsn: str) -> None:
    """A port, an @ in a path and the name of a file are no passwords."""
    assert "give the URL" not in pling("check", "--sql", "SELECT 1", "--dsn", dsn).err


def test_a_packed_list_is_read_from_standard_input(pling_process: Any) -> None:
    """What comes through a pipe is told by its first bytes, too."""
    ended = pling_process("check", "-", "-o", "json", stdin=gzip.compress(JSON))
    assert json.loads(ended.out)["source"]["kind"] == "json.gz"
    assert json.loads(ended.out)["counts"]["contacts"] == 2


def test_a_column_without_a_header_can_be_left_out(pling: Any, csv_file: Any) -> None:
    """What nobody can name is refused with the words that leave it out."""
    list_ = csv_file("Mobil;Navn;\n+4799999101;Ola;ja\n")
    refused = pling("check", list_)
    assert refused.code == 1
    assert "--map '=ignore'" in refused.err
    assert pling("check", list_, "--map", "=ignore").code == 0
