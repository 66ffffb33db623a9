"""A database brought to the tables of this peerd."""

from peerd.errors import ConfigError
from peerd.store.database import Connection, transaction
from peerd.store.schema import MIGRATIONS, VERSION


def version(connection: Connection) -> int:
    """How many migrations this database has had; 0 for a new one."""
    (count,) = connection.execute("PRAGMA user_version").fetchone()
    return int(count)


def refuse_newer(connection: Connection, path: str) -> None:
    """Raises ConfigError for a database that a newer peerd has migrated; reads nothing but its version."""
    found = version(connection)
    if found > VERSION:
        raise ConfigError(
            f"{path}: written by a newer peerd (schema {found}, this one knows {VERSION}); nothing was touched: "
            f"upgrade peerd, or point PEERD_HOME at another folder"
        )


def migrate(connection: Connection) -> None:
    """Bring a database to VERSION. Each migration is on disk whole or not at all."""
    for number in range(version(connection), VERSION):
        with transaction(connection):
            for statement in MIGRATIONS[number]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number + 1}")
