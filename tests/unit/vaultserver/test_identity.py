"""Sign-in: what clients discover, what they are given, and who is refused."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest

from reconciler.vaultserver.identity import DEFAULT_TENANT, TOKEN_LIFETIME
from tests.unit.vaultserver.planes import Wire

ORIGIN = "https://vault.test:8443"
TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = {"grant_type": "client_credentials", "client_id": "someone", "client_secret": "anything"}


def token(wire: Wire, path: str, **form: str) -> dict[str, object]:
    answer = wire.ask("POST", path, urlencode(CLIENT | form).encode(), version="")
    assert answer.status == 200, answer.content
    found: dict[str, object] = answer.json
    return found


def claims(granted: dict[str, object]) -> dict[str, object]:
    head, body, signature = str(granted["access_token"]).split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "none"
    assert signature == ""
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=="))
    return found


def test_the_shape_of_the_metadata_follows_the_api_version() -> None:
    wire = Wire()
    path = "/metadata/endpoints?api-version="
    stack = wire.ask("GET", f"{path}2015-01-01").json
    assert stack["authentication"] == {"loginEndpoint": f"{ORIGIN}/adfs", "audiences": [f"{ORIGIN}/"]}
    clouds = wire.ask("GET", f"{path}2019-05-01").json
    assert [cloud["resourceManager"] for cloud in clouds] == [f"{ORIGIN}/"]
    assert wire.ask("GET", f"{path}2022-09-01").json == clouds[0]
    assert clouds[0]["authentication"]["identityProvider"] == "ADFS"


@pytest.mark.parametrize("authority", ["/adfs", f"/{TENANT}", f"/{TENANT}/v2.0", "/common/v2.0"])
def test_the_token_address_that_discovery_names_gives_tokens(authority: str) -> None:
    wire = Wire()
    found = wire.ask("GET", f"{authority}/.well-known/openid-configuration", version="").json
    assert found["token_endpoint"].startswith(f"{ORIGIN}{authority.removesuffix('/v2.0')}/oauth2")
    granted = token(wire, found["token_endpoint"], scope=f"{ORIGIN}/.default")
    assert claims(granted)["aud"] == ORIGIN
    assert wire.ask("GET", found["jwks_uri"], version="").json == {"keys": []}


def test_instance_discovery_points_back_to_the_tenant_it_was_asked_for() -> None:
    wire = Wire()
    asked = urlencode({"authorization_endpoint": f"{ORIGIN}/{TENANT}/oauth2/v2.0/authorize"})
    found = wire.ask("GET", f"/common/discovery/instance?{asked}", version="").json
    assert found["tenant_discovery_endpoint"] == f"{ORIGIN}/{TENANT}/v2.0/.well-known/openid-configuration"


def test_a_token_names_its_client_tenant_and_end() -> None:
    wire = Wire()
    granted = token(wire, f"/{TENANT}/oauth2/token", resource="https://management.azure.com/")
    found = claims(granted)
    assert (found["appid"], found["tid"], found["aud"]) == ("someone", TENANT, "https://management.azure.com/")
    assert isinstance(found["exp"], int)
    assert isinstance(found["iat"], int)
    assert found["exp"] - found["iat"] == TOKEN_LIFETIME == granted["expires_in"]
    again = claims(token(wire, "/adfs/oauth2/token", scope="https://a/.default"))
    assert again["tid"] == DEFAULT_TENANT
    assert again["oid"] != found["oid"]


def test_a_domain_name_resolves_to_the_one_tenant() -> None:
    found = Wire().ask("GET", "/embedded.localhost/v2.0/.well-known/openid-configuration", version="").json
    assert found["issuer"].split("/")[3] == DEFAULT_TENANT


def test_a_client_may_prove_itself_by_http_basic_or_by_an_assertion() -> None:
    wire = Wire()
    basic = base64.b64encode(b"someone:anything").decode()
    body = urlencode({"grant_type": "client_credentials", "scope": "https://a/.default"}).encode()
    answer = wire.ask("POST", "/adfs/oauth2/token", body, version="", headers={"Authorization": f"Basic {basic}"})
    assert claims(answer.json)["appid"] == "someone"
    assert token(wire, "/adfs/oauth2/token", client_secret="", client_assertion="signed", scope="https://a/.default")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_secret": ""}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
def test_an_incomplete_request_is_told_what_it_lacks(form: dict[str, str], error: str) -> None:
    answer = Wire().ask("POST", "/adfs/oauth2/token", urlencode(CLIENT | form).encode(), version="")
    assert (answer.status, answer.json["error"]) == (400, error)
    assert "AADSTS" in answer.json["error_description"]


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::1", "not-an-address"])
def test_nobody_beyond_the_loopback_is_signed_in(peer: str) -> None:
    wire = Wire(peer=peer)
    answer = wire.ask("POST", "/adfs/oauth2/token", urlencode(CLIENT | {"scope": "https://a/.default"}).encode(), "")
    assert (answer.status, answer.json["error"]) == (403, "access_denied")
    assert "access_token" not in answer.json
    assert wire.ask("GET", "/metadata/endpoints", version="").status == 403


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1"])
def test_the_loopback_in_each_spelling_is_signed_in(peer: str) -> None:
    assert token(Wire(peer=peer), "/adfs/oauth2/token", scope="https://a/.default")["token_type"] == "Bearer"
