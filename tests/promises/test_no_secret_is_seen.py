"""Promise: no token, password or secret is ever seen: in no output, log, error, page, journal, plan or other file.

Each is a canary, given in every place from which a secret can come, to servers that say it back where they can.
"""

from __future__ import annotations

import base64
import signal
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer

import pytest
import structlog
from azure.core.credentials import AccessTokenInfo, TokenRequestOptions
from azure.core.exceptions import ClientAuthenticationError
from azure.core.rest import HttpRequest

from reconciler.azure.budget import Budget
from reconciler.azure.client import WriteClient
from reconciler.azure.clouds import EMBEDDED
from reconciler.azure.credentials import DevelopmentCredential
from reconciler.azure.observe import AzureReader
from reconciler.azure.pipeline import Broken, Pipeline
from reconciler.cli import main as cli
from reconciler.engine.ports import Scope
from reconciler.model.call import Call
from reconciler.model.outcome import Operation, Pending
from tests.process.daemon import quickstart, watching
from tests.unit.azure.scripted import (
    GET,
    ORIGIN,
    PUT,
    RESET,
    VAULT,
    Dice,
    Says,
    ScriptedTransport,
    V,
    VirtualClock,
    bench,
)
from tests.unit.cli.commands import contents
from tests.unit.sources.git.remotes import serving

TOKEN = "eyJCANARY-5f1e-of-azure"


def _echo(request: HttpRequest) -> Says | Exception:
    """Says back what it was sent, as careless servers, proxies and transports do."""
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    sent = str(dict(request.headers))
    if "backupPolicies" in request.url:
        return type(RESET)(f"broke while sending {sent} to {request.url}")
    if "backupJobs" in request.url:
        return ValueError(sent)
    if "backupProtectedItems" in request.url:
        return Says(200, {"value": [{"id": sent, "name": sent, "properties": {}}], "nextLink": f"{ORIGIN}/{TOKEN}"})
    if request.url.endswith("/operations/1") or request.method == "POST":
        return Says(409, {"error": {"code": TOKEN, "message": sent}}, {"x-ms-correlation-request-id": TOKEN})
    if request.method == "PUT":
        return Says(202, b"", {"Location": f"https://evil.example/?{TOKEN}", "Azure-AsyncOperation": TOKEN})
    if request.url.partition("?")[0].endswith("/vaults/rsv"):
        return Says(200, {"id": V, "name": "rsv", "location": "westeurope", "properties": {}})
    return Says(500, {"error": {"code": "InternalError", "message": sent}})


async def test_the_token_of_azure_when_everything_that_is_met_says_it_back(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with structlog.testing.capture_logs() as logs:
        made = bench(_echo, bearer=TOKEN)
        observed = await AzureReader(made.client).observe(Scope((VAULT,), classic=True, network=True))
        answers: list[object] = [await made.client.submit(PUT, "c") for _ in range(2)]
        answers += [
            await made.client.ask(Call("GET", f"{V}/{kind}", "1"), "c") for kind in ("backupPolicies", "backupJobs")
        ]
        answers += [await made.client.submit(Call("POST", f"{V}/x", "1"), "c"), await made.client.ask(GET, "c")]
        running = Operation(f"{ORIGIN}{V}/operations/1", "location")
        answers += [await made.client.poll(running)]
        said = [repr(observed), str(logs), *map(repr, answers), repr(made.client), repr(vars(made.client))]
    out, err = capfd.readouterr()
    assert len({gap.scope for gap in observed.gaps}) > 5, "each list has met a fault of its own"
    assert logs
    assert not isinstance(answers[-1], Pending)
    assert all("CANARY" not in text for text in [*said, out, err])


class Refusing(DevelopmentCredential):
    """Gets no token, and says what it sent for one."""

    async def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        raise ClientAuthenticationError(f"AADSTS7000215: invalid client secret, sent with Bearer {TOKEN} {TOKEN}")


async def test_a_sign_in_that_fails_says_why_without_what_was_sent_for_it() -> None:
    transport, clock = ScriptedTransport([Says()]), VirtualClock()
    pipeline = Pipeline(EMBEDDED, Refusing(), transport, clock, writable=True)
    result = await WriteClient(pipeline, Budget(clock), clock, Dice(), 4).ask(GET, "c")
    reason = "no token could be had: AADSTS7000215: invalid client secret, sent with … …"
    assert result == Broken(reason, sent=False, transient=False)
    assert transport.sent == []


PAGES = ("/", "/vms", "/findings.json", "/plan.json", "/audit", "/metrics", "/readyz")
SECRETS = {
    "RECONCILE_GIT_TOKEN": "CANARY-of-git",
    "RECONCILE_HOOK_SECRET": "CANARY-of-the-hook",
    "RECONCILE_NOTIFY_SECRET": "CANARY-of-the-signature",
    "RECONCILE_SMTP_PASSWORD": "CANARY-of-the-mail-server",
    "AZURE_CLIENT_SECRET": "CANARY-of-the-client",
}


def _web(met: list[str]) -> TCPServer:
    """Refuses everything, and says back all that it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            met.append(f"{self.path}\n{self.headers}\n{self.rfile.read(size).decode()}")
            body = met[-1].encode()
            self.send_response(500, self.path)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def _mail(met: list[str]) -> TCPServer:
    """Signs nobody in, and says the password back."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            for line in self.rfile:
                verb, _, given = line.decode().strip().partition(" ")
                if verb == "AUTH":
                    met.append(base64.b64decode(given.removeprefix("PLAIN ")).decode().rpartition("\0")[2])
                    self.wfile.write(f"535 {met[-1]} is wrong\r\n".encode())
                else:
                    self.wfile.write(b"250-test\r\n250 AUTH PLAIN\r\n" if verb == "ehlo" else b"221 bye\r\n")

    return ThreadingTCPServer(("127.0.0.1", 0), Handler)


def _hook(url: str, secret: str) -> int:
    """What `POST /hook` answers to somebody who shows this secret."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
    try:
        connection.request("POST", "/hook", b"{}", {"X-Gitlab-Token": secret})
        return connection.getresponse().status
    finally:
        connection.close()


def test_all_that_a_daemon_is_given(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    met: list[str] = []
    passwords: list[str] = []
    with serving(_web(met)) as web, serving(_mail(passwords)) as mail:
        more = ["--notify-webhook", f"http://127.0.0.1:{web}/CANARY-in-the-address?sig=CANARY-in-the-query"]
        more += ["--notify-mail", "ops@example.com", "--smtp", f"127.0.0.1:{mail}", "--smtp-user", "me"]
        more += ["--log-level", "debug"]
        with watching(work, *quickstart(), *more, **SECRETS, RECONCILE_DEBUG="1") as daemon:
            daemon.until("pass ended")
            assert _hook(daemon.url, "CANARY-that-is-wrong") in {401, 403}
            assert _hook(daemon.url, SECRETS["RECONCILE_HOOK_SECRET"]) < 300
            missed: set[str] = set()
            while len(missed) < 2:
                missed.add(daemon.until("notice not delivered")["channel"])
            pages = [daemon.get(path)[1] for path in PAGES]
            arguments = Path(f"/proc/{daemon.process.pid}/cmdline").read_bytes().decode()
            daemon.end(signal.SIGTERM)
    assert met, "the web hook was told"
    assert passwords == [SECRETS["RECONCILE_SMTP_PASSWORD"]] * len(passwords) != []
    assert all("CANARY" in one for one in met), "its address is the operator's"
    for secret in SECRETS.values():
        assert not [one for one in met if secret in one]
        assert secret not in arguments
    kept = {name: data for name, data in contents(work).items() if b"CANARY" in data}
    assert (kept, [text for text in [*daemon.said, *pages] if "CANARY" in text]) == ({}, [])


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_fault_that_nobody_foresaw_and_that_holds_a_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], debug: str
) -> None:
    def broken(**_options: object) -> int:
        raise RuntimeError(f"while sending Authorization: Bearer {TOKEN} to https://x/y?a=b&sig={TOKEN}")

    monkeypatch.setattr(cli.root, "main", broken)
    monkeypatch.setenv("RECONCILE_DEBUG", debug)
    with pytest.raises(SystemExit) as left:
        cli.main(["version"])
    out, err = capsys.readouterr()
    assert left.value.code == 1
    assert "RuntimeError: while sending Authorization: Bearer ***" in err
    assert ("Traceback" in err) is bool(debug)
    assert "CANARY" not in out + err
