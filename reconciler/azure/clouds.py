"""The clouds that can be spoken to: endpoint, token audience and sign-in authority of each."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.azure.origin import ForeignOriginError, Origin


class UnknownCloudError(ValueError):
    """A name or an address that is no cloud; the message says what is accepted."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """`authority` is the sign-in host, None for azure-identity's default; `development` means a fixed token."""

    name: str
    origin: Origin
    scopes: tuple[str, ...]
    authority: str | None = None
    development: bool = False


def _cloud(name: str, host: str, authority: str) -> Cloud:
    return Cloud(name, Origin("https", host, 443), (f"https://{host}/.default",), authority)


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        _cloud("azure", "management.azure.com", "login.microsoftonline.com"),
        _cloud("azure-usgov", "management.usgovcloudapi.net", "login.microsoftonline.us"),
        _cloud("azure-china", "management.chinacloudapi.cn", "login.chinacloudapi.cn"),
    )
}

EMBEDDED = Cloud(
    "embedded", Origin("https", "embedded.invalid", 443), ("https://embedded.invalid/.default",), development=True
)
"""In process: the host is one that cannot exist, so that nothing can be sent to it by mistake."""


def cloud_of(text: str) -> Cloud:
    """The cloud that `--cloud` names: a known name, an `https://` endpoint, or `http://` on loopback.

    Raises UnknownCloudError.
    """
    if text in CLOUDS:
        return CLOUDS[text]
    if not text.startswith(("https://", "http://")):
        raise UnknownCloudError(f"{text!r} is no cloud: give one of {', '.join(CLOUDS)}, or an https:// endpoint")
    try:
        origin = Origin.of(text.rstrip("/"))
    except ForeignOriginError as error:
        raise UnknownCloudError(f"{text!r} cannot be an endpoint: {error}") from error
    if text.rstrip("/").count("/") > 2 or "?" in text:
        raise UnknownCloudError(f"{text!r} cannot be an endpoint: give scheme, host and port only")
    if origin.scheme == "http" and not origin.loopback:
        raise UnknownCloudError(f"{text!r} would send requests in clear text: http:// is accepted on loopback only")
    # What listens on this machine is a simulated cloud: a real token has no business there.
    return Cloud(str(origin), origin, (f"{origin}/.default",), development=origin.loopback)
