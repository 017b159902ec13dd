"""Filling the store from outside, past every rule: what a seed says is what the account holds."""

import sqlite3
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from pling_async.sandbox.pling.groups import GroupFinder, canonical
from pling_async.sandbox.pling.merge import Row, new_contact
from pling_async.sandbox.pling.schema import CONTACT_COLUMNS
from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.pling.store import BATCH, Contacts
from pling_async.sandbox.service import Seed

Json = Mapping[str, Any]


class Seeder:
    """Puts contacts and groups in their wire form straight into the store; `account_id` is for those that name none."""

    def __init__(self, connection: sqlite3.Connection, account_id: int, semantics: Semantics, now: str) -> None:
        self._connection = connection
        self._account_id = account_id
        self._semantics = semantics
        self._now = now
        self._dates = {"created": now, "lastModified": now}
        self._accounts: dict[int, tuple[Contacts, GroupFinder]] = {}

    def seed(self, objects: Seed) -> None:
        """Add groups, then contacts; ids and dates are kept where given."""
        self._add_groups(objects.get("contactGroups", ()))
        contacts = iter(objects.get("contacts", ()))
        while batch := list(islice(contacts, BATCH)):
            self._add_contacts(batch)

    def _add_groups(self, groups: Iterable[Json]) -> None:
        defaults = {"id": None, "accountId": self._account_id, "name": "", **self._dates}
        statement = "INSERT INTO groups VALUES (:id, :lastModified, :created, :accountId, :name)"
        self._connection.executemany(statement, ({**defaults, **group} for group in groups))

    def _add_contacts(self, batch: Iterable[Json]) -> None:
        by_account: dict[int, list[Row]] = {}
        for contact in batch:
            account_id = contact.get("accountId", self._account_id)
            by_account.setdefault(account_id, []).append(self._row(contact, account_id))
        for account_id, rows in by_account.items():
            self._account(account_id)[0].insert(rows, self._now)

    def _row(self, contact: Json, account_id: int) -> Row:
        given = {name: contact[name] for name in CONTACT_COLUMNS if name in contact}
        ids, names = contact.get("contactGroupIds", ()), contact.get("contactGroups", ())
        given["contactGroupIds"] = canonical([*ids, *map(self._account(account_id)[1].id_of, names)])
        return new_contact(given)

    def _account(self, account_id: int) -> tuple[Contacts, GroupFinder]:
        if account_id not in self._accounts:
            self._accounts[account_id] = (
                Contacts(self._connection, account_id, self._semantics),
                GroupFinder(self._connection, account_id, self._now, self._semantics),
            )
        return self._accounts[account_id]
