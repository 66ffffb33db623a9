"""Where a service is met, as it is written."""

import pytest

from peerd.model.endpoint import Endpoint, Tcp, Unix, endpoint


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("127.0.0.1:8765", Tcp("127.0.0.1", 8765)),
        ("0.0.0.0:1", Tcp("0.0.0.0", 1)),
        ("[::1]:65535", Tcp("::1", 65535)),
        ("[0:0::0]:80", Tcp("::", 80)),
        ("/run/me/web.sock", Unix("/run/me/web.sock")),
        ("/with:colon and blank", Unix("/with:colon and blank")),
    ],
)
def test_an_address_is_a_port_of_a_host_or_a_path(text: str, named: Endpoint):
    assert endpoint(text) == named


@pytest.mark.parametrize("text", ["127.0.0.1:8765", "[::1]:80", "/run/s"])
def test_an_address_is_told_as_it_is_written(text: str):
    assert str(endpoint(text)) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("8765", "a port needs its address"),
        ("localhost:80", "write ADDRESS:PORT"),
        ("::1:80", "write ADDRESS:PORT"),
        ("*:80", "write ADDRESS:PORT"),
        ("@abstract", "write ADDRESS:PORT"),
        ("web.sock", "write ADDRESS:PORT"),
        ("", "write ADDRESS:PORT"),
        ("[fe80::1%eth0]:80", "write ADDRESS:PORT"),
        ("١٢٧.0.0.1:80", "write ADDRESS:PORT"),
        ("127.0.0.256:80", "Octet 256"),
        ("[::x]:80", "Only hex digits"),
        ("127.0.0.1:0", "a port is 1 to 65535"),
        ("127.0.0.1:65536", "a port is 1 to 65535"),
        ("/run/", "the path of a socket ends in its name"),
    ],
)
def test_what_is_no_address_says_what_to_write(text: str, told: str):
    with pytest.raises(ValueError, match=told):
        endpoint(text)
