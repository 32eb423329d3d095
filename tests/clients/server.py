"""`reconcile vault serve` over https on a free loopback port, with an authority made for the run."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import trustme

from tests.clients.relay import AZURE_NAMES
from tests.clients.scenario import ClientError, Vault

ESTATE = Path(__file__).with_name("estate.yaml")
SPEED = 120
"""Virtual seconds a real one: a backup of forty minutes takes twenty seconds."""

_START_SECONDS = 60
_STOP_SECONDS = 15


@contextmanager
def serving(work: Path) -> Iterator[Vault]:
    """A fresh vault kept in `work`, listening; ended and waited for at the end."""
    authority, certificate, key = _certificates(work)
    command = [sys.executable, "-m", "reconciler", "vault", "serve", "--port", "0", "--speed", str(SPEED)]
    command += ["--cloud", f"embedded:{work / 'vault.db'}", "--estate", str(ESTATE)]
    command += ["--tls-cert", str(certificate), "--tls-key", str(key)]
    with (work / "serve.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=work)
        try:
            address = urlsplit(_first_line(process.stdout, work).rpartition(" ")[2])
            yield Vault(address.hostname or "127.0.0.1", address.port or 0, authority, work)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_STOP_SECONDS)


def _certificates(work: Path) -> tuple[Path, Path, Path]:
    """Authority, certificate and key; Azure's own names are on the certificate for clients that come by the relay."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost", *AZURE_NAMES)
    paths = work / "authority.pem", work / "cert.pem", work / "key.pem"
    authority.cert_pem.write_to_path(str(paths[0]))
    for number, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(str(paths[1]), append=number > 0)
    issued.private_key_pem.write_to_path(str(paths[2]))
    return paths


def _first_line(stream: IO[str] | None, work: Path) -> str:
    """`Listening on https://…`, which the server says once it listens."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in stream or ():
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    try:
        line = lines.get(timeout=_START_SECONDS)
    except queue.Empty:
        line = ""
    if "https://" not in line:
        raise ClientError(f"the vault did not start: {line or (work / 'serve.log').read_text()[-900:]}")
    return line.strip()
