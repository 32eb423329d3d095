"""What one deploys by is valid where it is used, asks for no more than it needs, and speaks the options there are."""

from __future__ import annotations

import ast
import copy
import re
import shlex
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest
import yaml

from reconciler import settings
from reconciler.cli.main import root
from reconciler.cli.reconcile import settings_of
from reconciler.health.metrics import Metrics
from reconciler.health.routes import Vitals, routes
from reconciler.sources.git.address import parse
from reconciler.sources.hook import PATH as HOOK

kubernetes = import_module("kubernetes_validate")
"""It has no types."""
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "deploy"
CLUSTER = FOLDER / "kubernetes"
UNIT = FOLDER / "systemd" / "reconcile.service"
VERSIONS = ("1.31", kubernetes.latest_version())
EXPOSURE = 20
"""Of 100, as systemd reckons it: 0 is a service that can do nothing."""


def manifest(name: str) -> dict[str, Any]:
    """Of the folder of Kubernetes; the file holds one document."""
    found: dict[str, Any] = yaml.safe_load((CLUSTER / name).read_text(encoding="utf-8"))
    return found


def deployment(*, proxy: bool) -> dict[str, Any]:
    """As kustomize makes it: with the sidecar, its lists are added to."""
    made = manifest("deployment.yaml")
    if proxy:
        added = copy.deepcopy(manifest("metrics/sidecar.yaml"))["spec"]["template"]
        made["spec"]["template"]["metadata"]["annotations"] = added["metadata"]["annotations"]
        for part in ("containers", "volumes"):
            made["spec"]["template"]["spec"][part] += added["spec"][part]
    return made


def resources() -> list[str]:
    base, metrics = manifest("kustomization.yaml"), manifest("metrics/kustomization.yaml")
    return [*base["resources"], *(f"metrics/{name}" for name in metrics["resources"])]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", [*resources(), "with the proxy"])
def test_kubernetes_accepts_it(name: str, version: str) -> None:
    found = deployment(proxy=True) if name == "with the proxy" else manifest(name)
    kubernetes.validate(found, version, strict=True)


def test_a_kustomization_names_files_that_are_there_and_all_of_them() -> None:
    named = {*resources(), "kustomization.yaml", "metrics/kustomization.yaml", "metrics/sidecar.yaml"}
    for place in ("", "metrics/"):
        made = manifest(f"{place}kustomization.yaml")
        named |= {place + file for one in made["configMapGenerator"] for file in one["files"]}
    assert {path.relative_to(CLUSTER).as_posix() for path in CLUSTER.rglob("*") if path.is_file()} == named


@pytest.mark.parametrize("proxy", [False, True])
def test_a_pod_may_do_no_more_than_it_needs(proxy: bool) -> None:
    pod = deployment(proxy=proxy)["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & set(pod)
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
    assert mounted == set(volumes)
    assert [name for name, volume in volumes.items() if "hostPath" in volume] == []


def test_the_parts_find_each_other() -> None:
    made = deployment(proxy=True)
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert labels["azure.workload.identity/use"] == "true"
    for name in ("networkpolicy.yaml", "metrics/networkpolicy.yaml"):
        assert manifest(name)["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    assert manifest("metrics/service.yaml")["spec"]["selector"].items() <= labels.items()
    assert made["spec"]["selector"]["matchLabels"].items() <= labels.items()
    account = manifest("serviceaccount.yaml")["metadata"]
    assert made["spec"]["template"]["spec"]["serviceAccountName"] == account["name"]
    assert "azure.workload.identity/client-id" in account["annotations"]
    claims = [v["persistentVolumeClaim"]["claimName"] for v in _volumes(made) if "persistentVolumeClaim" in v]
    assert claims == [manifest("storage.yaml")["metadata"]["name"]]
    maps = {volume["configMap"]["name"] for volume in _volumes(made) if "configMap" in volume}
    kustomizations = (manifest("kustomization.yaml"), manifest("metrics/kustomization.yaml"))
    assert maps == {one["name"] for kustomization in kustomizations for one in kustomization["configMapGenerator"]}
    assert made["spec"]["strategy"] == {"type": "Recreate"}


def _volumes(made: dict[str, Any]) -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = made["spec"]["template"]["spec"]["volumes"]
    return volumes


def _nobody_asks() -> NoReturn:
    raise AssertionError("routes were only to be named")


def paths() -> set[str]:
    """What the daemon answers to machines."""
    vitals = Vitals(_nobody_asks, dict, lambda: "", Metrics(_nobody_asks, _nobody_asks, lambda: 0.0))
    return {route.path for route in routes(vitals)} | {HOOK}


def test_probes_ask_what_is_answered() -> None:
    default = next(param.default for param in root.params if param.name == "listen")
    container = deployment(proxy=False)["spec"]["template"]["spec"]["containers"][0]
    asked = {}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        python, flag, code = container[probe]["exec"]["command"]
        assert (python, flag) == ("python", "-c")
        ast.parse(code)
        asked[probe] = re.findall(rf"'http://{re.escape(str(default))}(/[a-z]+)'", code)
    assert asked == {"startupProbe": ["/livez"], "livenessProbe": ["/livez"], "readinessProbe": ["/readyz"]}
    assert {path for found in asked.values() for path in found} <= paths()


def test_the_proxy_passes_on_what_is_for_machines_and_nothing_else() -> None:
    text = (CLUSTER / "metrics" / "nginx.conf").read_text(encoding="utf-8")
    [passed] = re.findall(r"location ~ \^/\(([a-z|]+)\)\$ ", text)
    assert {f"/{name}" for name in passed.split("|")} <= paths()
    assert "location / { return 404; }" in text
    assert text.count("{") == text.count("}")
    [port] = re.findall(r"listen (\d+);", text)
    proxy = deployment(proxy=True)["spec"]["template"]["spec"]["containers"][-1]
    assert [one["containerPort"] for one in proxy["ports"]] == [int(port)]


def context(*words: str) -> click.Context:
    """The command line, read with all its values but not run."""
    return root.make_context("reconcile", list(words))


def test_the_settings_are_understood() -> None:
    path = CLUSTER / "settings.toml"
    assert settings.read(path, must_exist=True)
    with context("--watch", "--config", str(path)) as made:
        watching = settings_of(made.params).watching
    assert watching.git is not None
    assert parse(watching.git.url).scheme == "https"
    assert watching.windows


def test_command_lines_are_understood() -> None:
    arguments = deployment(proxy=False)["spec"]["template"]["spec"]["containers"][0]["args"]
    started = shlex.split(re.findall(r"^ExecStart=(.+)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)[0])
    for words in (arguments, started[1:]):
        replaced = [
            str(CLUSTER / "settings.toml") if word == "/etc/reconcile/settings.toml" else word for word in words
        ]
        with context(*replaced) as made:
            assert made.params["watch"] is True


def test_variables_are_those_of_options() -> None:
    known = {param.envvar for param in root.params if isinstance(param, click.Option)}
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.rglob("*") if path.is_file()]
    named = {name for text in texts for name in re.findall(r"\bRECONCILE_[A-Z_]+\b", text)}
    assert named
    assert named <= known | {"RECONCILE_GIT_TOKEN", "RECONCILE_HOOK_SECRET", "RECONCILE_PAUSE"}


def _unit(folder: Path) -> Path:
    """The unit with a program that is there."""
    path = folder / "reconcile.service"
    text = UNIT.read_text(encoding="utf-8")
    path.write_text(text.replace("/opt/reconcile/bin/reconcile", "/bin/true"), encoding="utf-8")
    return path


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_accepts_the_unit_and_calls_it_safe(tmp_path: Path) -> None:
    path = _unit(tmp_path)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert [line for line in verified.stderr.splitlines() if "reconcile.service" in line] == []
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE}", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert judged.returncode == 0, judged.stdout


def instructions() -> list[tuple[str, str]]:
    """Of the container file, with what follows each; lines that go on are joined."""
    text = (FOLDER / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], " ".join(line.partition(" ")[2].split())) for line in lines]


def test_a_container_file_that_builds_on_what_is_there() -> None:
    found = instructions()
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in found} <= known
    copied = [rest.split()[:-1] for name, rest in found if name == "COPY" and not rest.startswith("--from")]
    assert [source for sources in copied for source in sources if not (ROOT / source).exists()] == []
    stages = [rest for name, rest in found if name == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+-slim( AS build)?", stage) for stage in stages)


def test_a_container_that_runs_as_nobody() -> None:
    found = instructions()
    last = dict(found[max(number for number, (name, _) in enumerate(found) if name == "FROM") :])
    user, group = last["USER"].split(":")
    pod = deployment(proxy=False)["spec"]["template"]["spec"]
    assert (int(user), int(group)) == (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"])
    assert int(user) > 0
    assert last["ENTRYPOINT"] == '["reconcile"]'
    assert last["WORKDIR"] == last["VOLUME"] == pod["containers"][0]["workingDir"]
