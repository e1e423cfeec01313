"""Journeys in a real browser (Debian's Chromium, headless) against a live server on loopback.

    def test_a_family_opens_the_search(open_page):
        page = open_page("/", width=390)
        page.get_by_label("City or ZIP code").fill("53202")

open_page(path, *, width=1280, js=True, client=None, axe=False) → a playwright Page on that address.
    The test fails at its end if any page opened so wrote an error to the console, broke the content security
    policy, threw, asked anybody outside for anything, missed a static file, or got an answer of 500 or more.
    `client`: a signed-in Django test client, for the pages behind sign-in. `js=False` turns JavaScript off.
assert_accessible(page, within=None)   axe-core, WCAG 2.2 AA and best practice, nothing found; wants
    open_page(…, axe=True). `within` names the part that is new in this state of a page: a scan takes seconds.
assert_fits(page)         nothing is wider than the window; open the page with width=320.
assert_good(page)         both, for one state of a page: accessible at 1280 and 320 px, and fits in between.
allow_outside(page, url)  answers one outside address here, for "Leave this site".

Every test in this folder has the marker `browser` and lives on the database fixtures of pytest-django's
`live_server` (what a test creates is there for the server, and gone afterwards). Without a browser the tests are
skipped; under CI=true a missing browser is a failure. CHROMIUM names another binary.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Playwright's own loop runs in this thread, so Django takes every query for one from async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

HERE = Path(__file__).parent
# The headless shell is the same engine without the windows, and does a quarter less work.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), "")
# The whole Chromium loads two pages for its address bar with each window, a third of its work. It obeys the last list
# only, so Playwright's own is said again.
SWITCHED_OFF = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)
HEIGHTS = {390: 844, 320: 640}
AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# What Chromium writes to the console for an answer that a test asked for on purpose.
EXPECTED_NOISE = ("Failed to load resource",)

OpenPage = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM and os.environ.get("CI") != "true":
                item.add_marker(pytest.mark.skip(reason="no Chromium here (apt-get install chromium, or set CHROMIUM)"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    assert CHROMIUM, "CI needs Chromium: apt-get install chromium, or set CHROMIUM"
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    quiet.append(f"--disable-features={SWITCHED_OFF}")
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *quiet],
    }


@pytest.fixture(scope="session", autouse=True)
def static_files_as_they_are() -> None:
    """WhiteNoise serves them from where they lie, so nothing has to be collected before a journey."""
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True


class Watch:
    """What went wrong on the pages of one test."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.faults: list[str] = []
        self.allowed: list[str] = []

    def follow(self, page: Any) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: Any) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED_NOISE):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.home, "data:", "blob:", *self.allowed)):
            self.faults.append(f"outside: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 500 or (response.status == 404 and "/static/" in response.url):
            self.faults.append(f"{response.status}: {response.url}")


@pytest.fixture
def watch(live_server: Any) -> Iterator[Watch]:
    seen = Watch(live_server.url)
    yield seen
    assert not seen.faults, "\n".join(seen.faults)


@pytest.fixture
def open_page(watch: Watch, browser: Any) -> Iterator[OpenPage]:
    contexts: list[Any] = []

    def open_(path: str, *, width: int = 1280, js: bool = True, client: Any = None, axe: bool = False) -> Any:
        context = browser.new_context(
            base_url=watch.home,
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            java_script_enabled=js,
            bypass_csp=axe,  # axe is put into the page as text, which our policy rightly refuses
            reduced_motion="reduce",
        )
        contexts.append(context)
        for cookie in client.cookies.values() if client else ():
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": watch.home}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        watch.follow(page)
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def allow_outside(watch: Watch) -> Callable[[Any, str], None]:
    def allow(page: Any, url: str) -> None:
        watch.allowed.append(url)
        page.route(f"{url}**", lambda route: route.fulfill(body="<title>Elsewhere</title>", content_type="text/html"))

    return allow


@pytest.fixture
def assert_accessible() -> Callable[..., None]:
    from axe_playwright_python.base import AXE_SCRIPT

    def check(page: Any, within: str | None = None) -> None:
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        found = page.evaluate(
            "([part, options]) => axe.run(part || document, options).then((all) => all.violations)",
            [within, AXE_RULES],
        )
        assert not found, "\n".join(f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"])

    return check


@pytest.fixture
def assert_fits() -> Callable[[Any], None]:
    def check(page: Any) -> None:
        assert page.evaluate("() => document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url

    return check


@pytest.fixture
def assert_good(assert_accessible: Callable[[Any], None], assert_fits: Callable[[Any], None]) -> Callable[[Any], None]:
    def check(page: Any) -> None:
        before = page.viewport_size
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, 900)})
            assert_fits(page)
            if width != 390:  # as wide a phone has the layout of the narrow one
                assert_accessible(page)
        page.set_viewport_size(before)

    return check
