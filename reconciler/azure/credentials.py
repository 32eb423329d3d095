"""Where the bearer token comes from: azure-identity for a real cloud, a fixed token for a simulated one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions

from reconciler.azure.clouds import Cloud

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

DEVELOPMENT_TOKEN = "-".join(("development", "token", "of", "a", "simulated", "cloud"))
"""Opens nothing: a simulated cloud takes any token."""
_FAR = 4_102_444_800
"""The year 2100, in seconds: a fixed token does not expire."""


class DevelopmentCredential:
    """Hands out one fixed token, whatever is asked for."""

    def __init__(self, token: str = DEVELOPMENT_TOKEN) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self._token, _FAR)

    async def get_token_info(self, *_scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        del options
        return AccessTokenInfo(self._token, _FAR)

    async def close(self) -> None:
        """Nothing is held open."""

    async def __aenter__(self) -> DevelopmentCredential:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()


def credential_for(cloud: Cloud) -> AsyncTokenCredential:
    """The credential of a cloud; azure-identity is loaded only where it is needed."""
    if cloud.development:
        return DevelopmentCredential()
    from azure.identity.aio import DefaultAzureCredential

    if cloud.authority is None:
        return DefaultAzureCredential()
    return DefaultAzureCredential(authority=cloud.authority)
