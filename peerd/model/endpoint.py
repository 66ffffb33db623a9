"""Where a service is met: a TCP address with its port, or the path of a unix socket, in the words of systemd's
ListenStream=. A port alone, which is everybody's there, and an abstract name, which anybody may take, are refused."""

import re
from ipaddress import IPv4Address, IPv6Address

import msgspec

ON_TCP = re.compile(r"(?:\[(?P<six>[^][%]+)\]|(?P<four>[\d.]+)):(?P<port>\d{1,5})", re.ASCII)
PORT_MAX = 65_535


class Tcp(msgspec.Struct, frozen=True, tag=True):
    """`host` is numeric, in its shortest form."""

    host: str
    port: int

    @property
    def six(self) -> bool:
        return ":" in self.host

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if self.six else f"{self.host}:{self.port}"


class Unix(msgspec.Struct, frozen=True, tag=True):
    path: str

    def __str__(self) -> str:
        return self.path


Endpoint = Tcp | Unix


def endpoint(text: str) -> Endpoint:
    """What a text names. Raises ValueError, saying what is written instead."""
    if text.startswith("/"):
        return _unix(text)
    if text.isascii() and text.isdecimal():
        raise ValueError(f"a port needs its address: 127.0.0.1:{text}, or 0.0.0.0:{text} where everybody may come")
    found = ON_TCP.fullmatch(text)
    if found is None:
        raise ValueError("write ADDRESS:PORT, [ADDRESS]:PORT, or the absolute path of a unix socket")
    port = int(found["port"])
    if not 0 < port <= PORT_MAX:
        raise ValueError(f"a port is 1 to {PORT_MAX}")
    return Tcp(str(IPv6Address(found["six"]) if found["six"] else IPv4Address(found["four"])), port)


def _unix(path: str) -> Unix:
    if path.endswith("/"):
        raise ValueError("the path of a socket ends in its name")
    return Unix(path)
