"""Which addresses, branches and folders are followed; all else is refused before anything is opened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sources.git.address import Address, AddressError, branch, commit, folder, parse

SECRET = "s3cr3t-canary"


@pytest.mark.parametrize(
    ("text", "address", "title"),
    [
        ("https://git.example.org/team/backup.git", ("https", "git.example.org", None, None, "/team/backup.git"), None),
        ("https://git.example.org:8443/b", ("https", "git.example.org", 8443, None, "/b"), None),
        ("https://dev.azure.com/o/My%20P/_git/b", ("https", "dev.azure.com", None, None, "/o/My%20P/_git/b"), None),
        ("https://[::1]:8443/b", ("https", "::1", 8443, None, "/b"), None),
        ("ssh://git@h.example/t/b.git", ("ssh", "h.example", None, "git", "/t/b.git"), "ssh://h.example/t/b.git"),
        ("ssh://h.example:2222/b", ("ssh", "h.example", 2222, None, "/b"), None),
        ("ssh://git@h.example/~ada/b", ("ssh", "h.example", None, "git", "~ada/b"), "ssh://h.example/~ada/b"),
        ("git@h.example:team/b.git", ("ssh", "h.example", None, "git", "team/b.git"), "ssh://h.example/team/b.git"),
        ("git@ssh.dev.azure.com:v3/o/p/b", ("ssh", "ssh.dev.azure.com", None, "git", "v3/o/p/b"), None),
    ],
)
def test_what_is_followed(text: str, address: tuple[object, ...], title: str | None) -> None:
    found = parse(text)
    assert (found.scheme, found.host, found.port, found.user, found.path) == address
    assert title is None or found.title == title
    assert "@" not in found.title


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://git.example.org/b",
        "git://git.example.org/b",
        "ftp://git.example.org/b",
        "file:///etc",
        "/srv/git/b.git",
        "../b.git",
        "b.git",
        "ext::sh -c touch% /tmp/x",
        "ext::sh",
        "fd::17",
        "https::https://git.example.org/b",
        "--upload-pack=touch /tmp/x",
        "-u/tmp/x",
        "ssh://-oProxyCommand=touch/b",
        "ssh://-oProxyCommand=x@h/b",
        "-oProxyCommand=x@h:b",
        "git@-oProxyCommand=x:b",
        "git@h.example:-x",
        "git@h.example:team/-x",
        "ssh://h.example/--upload-pack=x",
        f"https://user:{SECRET}@h.example/b",
        f"https://{SECRET}@h.example/b",
        f"ssh://git:{SECRET}@h.example/b",
        f"https://h.example/b?token={SECRET}",
        f"https://h.example/b#{SECRET}",
        "https://h.example",
        "https://h.example/",
        "https:///b",
        "https://h.example/../b",
        "https://h.example/a//b",
        "https://h.example/a/%2e%2e/b",
        "https://h.example/a/%0ab",
        "https://h.example/a b",
        "https://h.example/a\\b",
        "https://h.example\\@evil.example/b",
        "https://h.example:0/b",
        "https://h.example:99999/b",
        "https://h.example:x/b",
        "https://h.example:/b",
        "https://h..example/b",
        "https://h.example\t/b",
        "https://h.exam\u2024ple/b",
        "https://h\uff0eexample/b",
        "https://[::1/b",
        "ssh://h.example/'b'",
        "ssh://h.example/b;touch x",
        "ssh://h.example/`x`",
        "ssh://us er@h.example/b",
        "https://h.example/" + "a" * 3000,
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse(text)
    assert SECRET not in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_repository_of_this_machine_only_where_it_is_allowed() -> None:
    assert parse("/srv/b.git", local=True) == Address("file", "", None, None, "/srv/b.git")
    assert parse("file:///srv/my%20b.git", local=True).path == "/srv/my b.git"
    for text in ("file://host/b", "ext::sh", "http://h/b", "../b"):
        with pytest.raises(AddressError):
            parse(text, local=True)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except AddressError:
        return
    assert found.scheme in {"https", "ssh"}
    assert not found.host.startswith("-")


@pytest.mark.parametrize("name", ["main", "release/2.1", "feature_x", "user@work", "a+b", "v1.0-rc.1"])
def test_branches_that_are_followed(name: str) -> None:
    assert branch(name) == b"refs/heads/" + name.encode()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-x",
        "--upload-pack=x",
        "a/-x",
        "a..b",
        "a//b",
        "/a",
        "a/",
        "a.lock",
        ".a",
        "a/.b",
        "a.",
        "a@{1}",
        "@",
        "HEAD",
        *[
            "a b",
            "a\nb",
            "a~b",
            "a^b",
            "a:b",
            "a?b",
            "a*b",
            "a[b",
            "a\\b",
            "ä",
            "a" * 201,
            "a\0b",
            "a'b",
            "a;b",
            "$(x)",
        ],
    ],
)
def test_branches_that_are_refused(name: str) -> None:
    with pytest.raises(AddressError):
        branch(name)


@pytest.mark.parametrize(("text", "parts"), [("", ()), (".", ()), ("a", ("a",)), ("a/b/", ("a", "b")), ("./a", ("a",))])
def test_folders_that_are_followed(text: str, parts: tuple[str, ...]) -> None:
    assert folder(text) == parts


@pytest.mark.parametrize("text", ["/a", "..", "a/../b", "a//b", "a\\b", "a\nb", "/"])
def test_folders_that_are_refused(text: str) -> None:
    with pytest.raises(AddressError):
        folder(text)


@pytest.mark.parametrize("text", ["", "abc", "a" * 39, "a" * 41, "A" * 40, "g" * 40, "HEAD", "a" * 40 + "\n"])
def test_commits_are_given_in_full(text: str) -> None:
    assert commit("0123456789" * 4) == "0123456789" * 4
    with pytest.raises(AddressError):
        commit(text)
