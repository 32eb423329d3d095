"""Sign-in of unchanged local clients: cloud metadata, OpenID discovery and tokens of a development identity."""

import base64
import ipaddress
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

TOKEN_LIFETIME = 3600
"""Seconds a token is good for. Entra ID gives 60 to 90 minutes."""

DEFAULT_TENANT = "00000000-0000-0000-0000-00000000ad75"
"""The tenant every principal belongs to when the client names none (`adfs`, `common`, `organizations`)."""

_MULTI_CLOUD_FROM = date(2018, 5, 1)
_SINGLE_CLOUD_FROM = date(2022, 9, 1)
_GRANTS = {"client_credentials"}

Handler = Callable[[Request], Awaitable[Response]]


def routes(_world: object, now: Callable[[], float] = time.time) -> list[BaseRoute]:
    """Metadata and sign-in routes.

    `now` is the wall clock in seconds since the epoch and not the vault's clock: clients compare a token's
    end with their own clock, and the vault's may have been advanced by years.
    """

    async def token(request: Request) -> Response:
        return await _token(request, int(now()))

    pairs: list[tuple[str, Handler, str]] = [
        ("/metadata/endpoints", _metadata, "GET"),
        ("/common/discovery/instance", _instance_discovery, "GET"),
        ("/adfs/.well-known/openid-configuration", _openid_adfs, "GET"),
        ("/adfs/oauth2/token", token, "POST"),
        ("/adfs/oauth2/v2.0/token", token, "POST"),
        ("/adfs/{tenant}/v2.0/.well-known/openid-configuration", _openid_v2, "GET"),
        ("/adfs/{tenant}/oauth2/token", token, "POST"),
        ("/adfs/{tenant}/oauth2/v2.0/token", token, "POST"),
        ("/adfs/discovery/keys", _keys, "GET"),
        ("/{tenant}/.well-known/openid-configuration", _openid_v1, "GET"),
        ("/{tenant}/v2.0/.well-known/openid-configuration", _openid_v2, "GET"),
        ("/{tenant}/oauth2/token", token, "POST"),
        ("/{tenant}/oauth2/v2.0/token", token, "POST"),
        ("/{tenant}/discovery/v2.0/keys", _keys, "GET"),
    ]
    return [Route(path, _loopback_only(handler), methods=[method]) for path, handler, method in pairs]


def is_loopback(request: Request) -> bool:
    """Whether the caller sits on this machine: a loopback peer, or a transport in this process without a peer."""
    if request.client is None:
        return True
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return request.client.host in {"localhost", "testclient"}


def _loopback_only(handler: Handler) -> Handler:
    async def guarded(request: Request) -> Response:
        if is_loopback(request):
            return await handler(request)
        description = (
            "AADSTS53003: this is a development identity that believes every secret, so it signs in callers "
            "on the loopback interface only; run the client on the machine that runs the vault"
        )
        return _refusal(403, "access_denied", description, 53003)

    return guarded


def _refusal(status: int, error: str, description: str, code: int) -> Response:
    body = {"error": error, "error_description": description, "error_codes": [code]}
    return JSONResponse(body, status_code=status)


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


# -- cloud metadata ---------------------------------------------------------------------------------------------


async def _metadata(request: Request) -> Response:
    """One cloud or a list of clouds, by api-version, as Resource Manager answers it.

    Before 2018-05-01 the Azure Stack shape; until 2022-09-01 a list; from then on one object.
    """
    try:
        version = date.fromisoformat(request.query_params.get("api-version", "2022-09-01")[:10])
    except ValueError:
        version = _SINGLE_CLOUD_FROM
    origin = _origin(request)
    if version < _MULTI_CLOUD_FROM:
        return JSONResponse(_stack_metadata(origin))
    if version < _SINGLE_CLOUD_FROM:
        return JSONResponse([_cloud_metadata(origin)])
    return JSONResponse(_cloud_metadata(origin))


def _stack_metadata(origin: str) -> dict[str, Any]:
    return {
        "galleryEndpoint": f"{origin}/",
        "graphEndpoint": f"{origin}/",
        "portalEndpoint": f"{origin}/",
        "authentication": {"loginEndpoint": f"{origin}/adfs", "audiences": [f"{origin}/"]},
    }


_ENDPOINTS = (
    "activeDirectoryDataLake",
    "appInsightsResourceId",
    "appInsightsTelemetryChannelResourceId",
    "attestationResourceId",
    "batch",
    "gallery",
    "graph",
    "graphAudience",
    "logAnalyticsResourceId",
    "media",
    "microsoftGraphResourceId",
    "ossrDbmsResourceId",
    "portal",
    "resourceManager",
    "sqlManagement",
    "synapseAnalyticsResourceId",
    "vmImageAliasDoc",
)
"""Every endpoint a cloud may have: all lead back here, so that no client turns to the public cloud for one."""

_SUFFIXES = {
    "acrLoginServer": "azurecr",
    "attestationEndpoint": "attest",
    "keyVaultDns": "vault",
    "mariadbServerEndpoint": "mariadb",
    "mhsmDns": "managedhsm",
    "mysqlServerEndpoint": "mysql",
    "postgresqlServerEndpoint": "postgres",
    "sqlServerHostname": "database",
    "storage": "core",
    "storageSyncEndpointSuffix": "afs",
    "synapseAnalytics": "dev",
}


def _cloud_metadata(origin: str) -> dict[str, Any]:
    # The login endpoint ends with /adfs because every Azure client then leaves out instance discovery, which
    # would ask the public cloud whether it knows this host.
    authentication = {
        "loginEndpoint": f"{origin}/adfs",
        "audiences": [f"{origin}/"],
        "tenant": "adfs",
        "identityProvider": "ADFS",
    }
    suffixes = {name: f"{host}.localhost" for name, host in _SUFFIXES.items()}
    endpoints = dict.fromkeys(_ENDPOINTS, f"{origin}/")
    return {"name": "Embedded", "authentication": authentication, "suffixes": suffixes} | endpoints


# -- OpenID discovery -------------------------------------------------------------------------------------------


async def _instance_discovery(request: Request) -> Response:
    asked = request.query_params.get("authorization_endpoint", f"{_origin(request)}/common/oauth2/v2.0/authorize")
    host = request.url.netloc
    return JSONResponse(
        {
            "tenant_discovery_endpoint": asked.replace(
                "/oauth2/v2.0/authorize", "/v2.0/.well-known/openid-configuration"
            ),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }
    )


async def _openid_adfs(request: Request) -> Response:
    base = f"{_origin(request)}/adfs"
    return JSONResponse(_openid(base, issuer=base, oauth=f"{base}/oauth2", keys=f"{base}/discovery/keys"))


async def _openid_v1(request: Request) -> Response:
    base = f"{_origin(request)}/{request.path_params['tenant']}"
    return JSONResponse(_openid(base, issuer=f"{base}/", oauth=f"{base}/oauth2", keys=f"{base}/discovery/v2.0/keys"))


async def _openid_v2(request: Request) -> Response:
    named, origin = request.path_params["tenant"], _origin(request)
    base, issuer = f"{origin}/{named}", f"{origin}/{_tenant_id(named)}/v2.0"
    return JSONResponse(_openid(base, issuer=issuer, oauth=f"{base}/oauth2/v2.0", keys=f"{base}/discovery/v2.0/keys"))


def _openid(base: str, *, issuer: str, oauth: str, keys: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "device_authorization_endpoint": f"{oauth}/devicecode",
        "end_session_endpoint": f"{base}/oauth2/logout",
        "jwks_uri": keys,
        "response_types_supported": ["code", "id_token", "token"],
        "grant_types_supported": sorted(_GRANTS),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["none"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
        "scopes_supported": ["openid"],
    }


def _tenant_id(named: str) -> str:
    """The tenant's guid; a domain name or `common` and its like stand for the one tenant there is."""
    try:
        return str(uuid.UUID(named))
    except ValueError:
        return DEFAULT_TENANT


async def _keys(_request: Request) -> Response:
    """No keys: tokens are unsigned, and whoever wants to verify one must find that out."""
    return JSONResponse({"keys": []})


# -- tokens -----------------------------------------------------------------------------------------------------


async def _token(request: Request, now: int) -> Response:
    form = {key: values[0] for key, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    grant = form.get("grant_type")
    if grant not in _GRANTS:
        description = (
            f"AADSTS70003: the grant '{grant}' is not supported by this development identity; "
            "sign in as a service principal (client_credentials)"
        )
        return _refusal(400, "unsupported_grant_type", description, 70003)
    client, secret = _client_of(request, form)
    if not client or not secret:
        missing = "client_id" if not client else "client_secret"
        description = f"AADSTS900144: The request body must contain the following parameter: '{missing}'."
        return _refusal(400, "invalid_request", description, 900144)
    audience = form.get("resource") or form.get("scope", "").removesuffix(".default").removesuffix("/")
    if not audience:
        description = "AADSTS900144: The request body must contain the following parameter: 'scope' or 'resource'."
        return _refusal(400, "invalid_request", description, 900144)
    return JSONResponse(_grant(request, client, audience, now), headers={"Cache-Control": "no-store"})


def _client_of(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """The client's id and proof (a secret or an assertion), from the form or from HTTP Basic (RFC 6749, 2.3.1)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except ValueError:
            return "", ""
        return unquote(user), unquote(password)
    return form.get("client_id", ""), form.get("client_secret") or form.get("client_assertion", "")


def _grant(request: Request, client: str, audience: str, now: int) -> dict[str, Any]:
    named = request.path_params.get("tenant", "adfs")
    tenant = _tenant_id(named)
    principal = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{tenant}/{client}"))
    claims = {
        "aud": audience,
        "iss": f"{_origin(request)}/{named}/",
        "iat": now,
        "nbf": now,
        "exp": now + TOKEN_LIFETIME,
        "appid": client,
        "idtyp": "app",
        "oid": principal,
        "sub": principal,
        "tid": tenant,
        "ver": "1.0",
    }
    return {
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFETIME,
        "ext_expires_in": TOKEN_LIFETIME,
        "expires_on": str(now + TOKEN_LIFETIME),
        "not_before": str(now),
        "resource": audience,
        "access_token": unsigned_token(claims),
    }


def unsigned_token(claims: dict[str, Any]) -> str:
    """A JWT of the algorithm `none` (RFC 7519, 6): readable by every client, and proof of nothing."""
    parts = ({"typ": "JWT", "alg": "none"}, claims)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return ".".join(encoded) + "."
