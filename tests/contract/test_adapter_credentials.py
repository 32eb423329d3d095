"""Whose word opens a cloud: azure-identity asks at the cloud's own authority, a simulated one gets a fixed token."""

from __future__ import annotations

import pytest
from azure.core.exceptions import AzureError

from reconciler.azure.clouds import cloud_of
from reconciler.azure.credentials import DEVELOPMENT_TOKEN, DevelopmentCredential, credential_for
from tests.contract.test_adapter_socket import says, serving


@pytest.mark.parametrize(
    ("cloud", "authority"),
    [
        ("azure", "login.microsoftonline.com"),
        ("azure-usgov", "login.microsoftonline.us"),
        ("azure-china", "login.chinacloudapi.cn"),
        ("https://management.example.org", "login.of.the.environment"),
    ],
)
async def test_the_token_is_asked_for_at_the_authority_of_the_cloud(
    monkeypatch: pytest.MonkeyPatch, cloud: str, authority: str
) -> None:
    """Through a proxy that lets nothing out, and notes who was to be reached."""
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "login.of.the.environment")
    for name, value in (("TENANT_ID", "t"), ("CLIENT_ID", "c"), ("CLIENT_SECRET", "s3cr3t")):
        monkeypatch.setenv(f"AZURE_{name}", value)
    async with serving(says("403 Forbidden")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        chosen = cloud_of(cloud)
        async with credential_for(chosen) as credential:
            with pytest.raises(AzureError):
                await credential.get_token(*chosen.scopes, retry_total=0)
    assert {head.split(" ")[1] for head in proxy.heads} == {f"{authority}:443"}
    assert not [head for head in proxy.heads if "s3cr3t" in head]


async def test_a_simulated_cloud_gets_one_token_whichever_way_it_is_asked_for() -> None:
    async with credential_for(cloud_of("http://127.0.0.1:1")) as credential, DevelopmentCredential() as same:
        old, new = await credential.get_token("scope"), await same.get_token_info("scope", options={"claims": "x"})
    assert old.token == new.token == DEVELOPMENT_TOKEN
    assert old.expires_on == new.expires_on > 4_000_000_000
