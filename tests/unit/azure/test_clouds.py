"""Which clouds there are, what they cost to import, and what is no cloud."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reconciler.azure.clouds import EMBEDDED, UnknownCloudError, cloud_of
from reconciler.azure.credentials import DevelopmentCredential, credential_for


@pytest.mark.parametrize(
    ("text", "endpoint", "development"),
    [
        ("azure", "https://management.azure.com", False),
        ("azure-usgov", "https://management.usgovcloudapi.net", False),
        ("azure-china", "https://management.chinacloudapi.cn", False),
        ("https://management.local.azurestack.external", "https://management.local.azurestack.external", False),
        ("https://arm.example:8443/", "https://arm.example:8443", False),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090", True),
        ("http://localhost:8090", "http://localhost:8090", True),
        ("http://[::1]:8090", "http://[::1]:8090", True),
    ],
)
def test_clouds(text: str, endpoint: str, development: bool) -> None:
    cloud = cloud_of(text)
    assert (str(cloud.origin), cloud.development) == (endpoint, development)
    assert cloud.scopes == (f"{endpoint}/.default",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aws",
        "Azure",
        "http://arm.example",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1",
        "https://user@arm.example",
        "https://arm.example/path",
        "https://arm.example?x",
        "https://",
        "ftp://arm.example",
    ],
)
def test_what_is_no_cloud_is_refused_with_advice(text: str) -> None:
    with pytest.raises(UnknownCloudError, match=r"give|accepted|cannot"):
        cloud_of(text)


async def test_a_simulated_cloud_gets_a_token_that_opens_nothing() -> None:
    credential = credential_for(EMBEDDED)
    assert isinstance(credential, DevelopmentCredential)
    assert (await credential.get_token("x")).token == (await credential.get_token_info("x")).token


def test_the_embedded_cloud_loads_no_network_and_no_sign_in_library() -> None:
    code = (
        "import sys, reconciler.azure as a\n"
        "from reconciler.azure.credentials import credential_for\n"
        "from reconciler.azure.clouds import EMBEDDED\n"
        "credential_for(EMBEDDED)\n"
        "print(sorted({'aiohttp', 'azure.identity', 'msal', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
