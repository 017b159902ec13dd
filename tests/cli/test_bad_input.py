"""Bad input: one clear message, the right exit code, and no request that changes anything."""

import io
import zipfile
from typing import Any

import pytest

HEADER = "Fornavn;Mobil\n"


def _xlsx() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return held.getvalue()


FILES = {
    "no number column": ("Navn;By\nOla;OSLO\n", (), "--map"),
    "mixed delimiters": ("Fornavn;Mobil\nOla;99999101\nKari,99999102\n", (), "row 2"),
    "an unterminated quote": ('Fornavn;Mobil\nOla;99999101\n"Kari;99999102\n', (), "quote"),
    "ragged rows": ("Fornavn;Mobil\nOla;99999101\nKari;99999102;x\n", (), "row 2"),
    "an empty file": ("", (), "empty"),
    "a wrong encoding": ("Fornavn;Mobil\nÅse;99999101\n".encode("cp1252"), ("--encoding", "utf-8"), "utf-8"),
    "a damaged xlsx named .csv": (_xlsx(), (), "workbook"),
}


@pytest.mark.parametrize("command", [("check",), ("plan",), ("import", "--yes", "--mode", "replace")])
@pytest.mark.parametrize("case", FILES)
def test_files_that_cannot_be_read(
    pling: Any, account: Any, csv_file: Any, case: str, command: tuple[str, ...]
) -> None:
    """A file that cannot be trusted is refused before the account is even looked at."""
    content, flags, words = FILES[case]
    ended = pling(*command, csv_file(content), *flags)
    assert (ended.code, ended.out) == (1, ""), ended
    assert words.lower() in ended.err.lower()
    assert "customers.csv" in ended.err
    assert ended.err.count("pling:") == 1
    assert "Traceback" not in ended.err
    assert account.sandbox.requests == []


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("variable", ["PLING_USERNAME", "PLING_PASSWORD"])
@pytest.mark.parametrize("command", [("contacts", "list"), ("import", "customers.csv", "--yes")])
def test_wrong_credentials(
    pling: Any, csv_file: Any, monkeypatch: pytest.MonkeyPatch, variable: str, command: tuple[str, ...]
) -> None:
    """Wrong credentials end with 4, name the variables, and never repeat the secret."""
    csv_file(HEADER + "Ola;99999101\n")
    monkeypatch.setenv(variable, "canary-of-a-secret")
    ended = pling(*command)
    assert (ended.code, ended.out) == (4, "")
    assert "PLING_PASSWORD" in ended.err
    assert "canary" not in ended.err


def test_an_account_that_is_not_the_users(pling: Any, account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account the user cannot access ends with 4 and names the variable."""
    monkeypatch.setenv("PLING_ACCOUNT_ID", "99")
    ended = pling("contacts", "list")
    assert ended.code == 4
    assert "PLING_ACCOUNT_ID" in ended.err
    assert account.changes() == []


def test_a_base_url_without_trailing_slash_works(pling: Any, account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last slash of a base URL may be missing."""
    monkeypatch.setenv("PLING_BASE_URL", account.sandbox.url.rstrip("/"))
    assert pling("contacts", "list").code == 0


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("path", ["", "other/"])
def test_a_base_url_with_another_path(pling: Any, server: Any, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """A path that is not the API's is a failure that says which variable to look at."""
    monkeypatch.setenv("PLING_BASE_URL", server.sandbox.url.replace("api/", path))
    ended = pling("contacts", "list")
    assert ended.code == 1
    assert "PLING_BASE_URL" in ended.err


@pytest.mark.parametrize("url", ["http://example.com/api/", "https://a:b@example.com/", "nonsense", "https://x/?y=1"])
def test_a_base_url_that_is_none(pling: Any, account: Any, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A base URL that cannot be right is wrong usage, and nothing is sent anywhere."""
    monkeypatch.setenv("PLING_BASE_URL", url)
    ended = pling("contacts", "list")
    assert ended.code == 2
    assert "base URL" in ended.err or "https" in ended.err
    assert account.sandbox.requests == []


def test_an_empty_replace(pling: Any, account: Any, csv_file: Any) -> None:
    """A list without a usable row would remove everybody: refused, and the flag is named."""
    account.seed({"mobile": "+4799999101"})
    for text in (HEADER, HEADER + "Ola;9999912\n"):
        ended = pling("import", csv_file(text), "--mode", "replace", "--yes")
        assert ended.code == 5
        assert "--allow-empty" in ended.err
    assert account.changes() == []
    assert len(account.contacts()) == 1


def test_a_contact_over_a_limit_is_a_reject(pling: Any, account: Any, csv_file: Any, nowhere: Any) -> None:
    """A row over a limit is rejected whole: the rejects file names row, field, code and message."""
    long = csv_file(HEADER + f"Ola;99999101\n{'x' * 51};99999102\n")
    ended = pling("import", long, "--yes", "--rejects", "rejects.csv")
    assert ended.code == 7
    assert list(account.contacts()) == ["+4799999101"]
    header, row = (nowhere / "rejects.csv").read_text().splitlines()
    assert header == "row,field,code,message"
    assert row.startswith("2,first_name,too_long,")


@pytest.mark.parametrize("name", ["PLING_USERNAME", "PLING_ACCOUNT_ID", "PLING_BASE_URL"])
def test_credentials_in_part(pling: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Some credentials are never taken for none: what is missing is named, and the sandbox is not used."""
    monkeypatch.setenv(name, "http://127.0.0.1:9/" if name == "PLING_BASE_URL" else "1")
    ended = pling("contacts", "list")
    assert ended.code == 2
    assert "PLING_PASSWORD or PLING_PASSWORD_FILE" in ended.err
    assert name not in ended.err
    assert "sandbox," not in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "missing.csv"),
        ("plan", "."),
        ("frobnicate",),
        ("plan", "customers.csv", "--max-removals", "many"),
        ("plan", "customers.csv", "--max-removals", "101%"),
        ("plan", "customers.csv", "--map", "Mobil"),
        ("plan", "customers.csv", "--region", "Norge"),
        ("plan", "customers.csv", "--encoding", "klingon"),
        ("plan", "customers.csv", "--map", "Mobil=mobbil"),
        ("contacts", "list", "-o", "yaml"),
        ("sandbox", "--semantics", "stop_list=maybe"),
        ("sandbox", "--semantics", "nonsense=1"),
        ("apply", "missing.plan"),
    ],
)
def test_wrong_usage(pling: Any, account: Any, csv_file: Any, arguments: tuple[str, ...]) -> None:
    """Whatever the command line gets wrong ends with 2, one message, and no request."""
    csv_file(HEADER + "Ola;99999101\n")
    ended = pling(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("pling: ")
    assert account.sandbox.requests == []
