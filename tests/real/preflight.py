"""A loopback proxy that stands in for the hosts Claude asks at its very first start: a CONNECT is answered by a TLS
server with a certificate of a throwaway authority, and every request by `{}`. Nothing leaves the machine."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

HOSTS = ("api.anthropic.com", "platform.claude.com", "claude.ai", "console.anthropic.com")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def authority(folder: Path) -> None:
    """`ca.pem`, and a certificate of it for the hosts: `host.pem`, `host.key`."""
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    (folder / "names").write_text(f"subjectAltName={names}\n")
    ours = "-newkey rsa:2048 -nodes -x509 -days 2 -subj /CN=throwaway -keyout ca.key -out ca.pem"
    ask = "-newkey rsa:2048 -nodes -subj /CN=host -keyout host.key -out host.csr"
    sign = "-req -in host.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out host.pem"
    for command in (f"req {ours}", f"req {ask}", f"x509 {sign}"):
        subprocess.run(("openssl", *command.split()), cwd=folder, check=True, capture_output=True)


@contextlib.contextmanager
def preflight(folder: Path) -> Iterator[dict[str, str]]:
    """The environment that leads there."""
    authority(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "host.pem", folder / "host.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, context), daemon=True).start()
        proxy = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield {"HTTPS_PROXY": proxy, "NODE_EXTRA_CA_CERTS": str(folder / "ca.pem")}


def _serve(listening: socket.socket, context: ssl.SSLContext) -> None:
    with contextlib.suppress(OSError):
        while True:
            caller, _ = listening.accept()
            threading.Thread(target=_answer, args=(caller, context), daemon=True).start()


def _answer(caller: socket.socket, context: ssl.SSLContext) -> None:
    with contextlib.suppress(OSError), caller:
        caller.recv(65_536)
        caller.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(caller, server_side=True) as secure:
            secure.recv(65_536)
            secure.sendall(ANSWER)
