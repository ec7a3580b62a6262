"""Addresses on the internet: which may be fetched, and why one is refused."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.errors import Transient

MAX_URL = 4096


_PORTS = {"https": 443, "http": 80}


# Globally routed, but each leads to an IPv4 address that the sender chooses (NAT64, Teredo, 6to4).
_TUNNELS = tuple(
    ipaddress.ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
)


class DownloadRefused(Exception):
    """An address that we do not fetch. `reason` is one word; the message names the rule."""

    def __init__(self, reason: str, sentence: str):
        super().__init__(sentence)
        self.reason = reason


class ServerUnreachable(Transient):
    """The server did not answer, or stopped in the middle. `reason` is one word."""

    def __init__(self, reason: str, sentence: str):
        super().__init__(sentence)
        self.reason = reason


def is_public(address: str) -> bool:
    """Whether an IP address is reachable from the whole internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in tunnel for tunnel in _TUNNELS):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def addresses_of(host: str, port: int) -> list[str]:
    """IP addresses of a host as the system resolves it, IPv4 first. Raises OSError."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ordered = sorted(entries, key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in ordered))


@dataclass(frozen=True, slots=True)
class DownloadTarget:
    """A URL, parsed once, so that the request goes to exactly what was checked."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> "DownloadTarget":
        """Raises DownloadRefused for anything but a plain http(s) address."""
        if len(url) > MAX_URL or not url.isascii() or not url.isprintable():
            raise DownloadRefused(
                "bad_url", "The address is too long or has characters no address has."
            )
        if set(' \\"<>^`{|}') & set(url):
            raise DownloadRefused("bad_url", "The address has characters no address has.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise DownloadRefused("bad_url", f"The address cannot be read: {error}.") from error
        if parts.scheme not in _PORTS or not parts.hostname:
            raise DownloadRefused(
                "bad_url", f"{parts.scheme or 'no scheme'}: only https is fetched."
            )
        if "@" in parts.netloc or port == 0:
            raise DownloadRefused(
                "bad_url", "An address with a user name, or port 0, is not fetched."
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, parts.hostname.lower(), port or _PORTS[parts.scheme], path)
