"""What every page has: help lines, the exit, its language twin, a plain title; and what it never has."""

import pytest
from bs4 import BeautifulSoup

from programs.search.vocabulary import label_of

PATHS = ["/", "/guides/", "/check/", "/privacy/", "/how-we-rank/", "/data/", "/nothing-here/", "/accounts/login/"]


def page(client, path, **headers):
    return BeautifulSoup(client.get(path, **headers).content, "html.parser")


@pytest.mark.parametrize("path", PATHS)
def test_every_page_offers_988_and_a_way_out(client, path):
    soup = page(client, path)
    assert soup.select_one(".crisis a[href='tel:988']")
    assert soup.select_one("a[data-exit]")["href"] == "https://www.weather.gov/"
    assert soup.select_one(".foot a[href='tel:+18006624357']")
    assert "CC BY 4.0" in soup.footer.get_text()


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_inline_script_or_style_or_asks_outside(client, path):
    soup = page(client, path)
    assert not soup.select("style, [style]")
    assert all(script.get("src") for script in soup.select("script:not([type$=json])"))
    for tag in soup.select("script[src], img[src], link:not([rel=canonical], [rel=alternate])"):
        assert tag.get("src", tag.get("href")).startswith("/static/")


def test_titles_are_neutral_and_end_in_the_sites_name(client):
    assert page(client, "/check/").title.get_text() == "Self-check – IOP Finder"


def test_pages_name_their_twin_in_the_other_language(client):
    soup = page(client, "/guides/paying/?x=1")
    links = {link["hreflang"]: link["href"] for link in soup.select("link[rel=alternate]")}
    assert links == {
        "en": "http://127.0.0.1:8000/guides/paying/",
        "es": "http://127.0.0.1:8000/es/guides/paying/",
        "x-default": "http://127.0.0.1:8000/guides/paying/",
    }
    assert soup.select_one("link[rel=canonical]")["href"] == "http://127.0.0.1:8000/guides/paying/"


def test_the_language_switch_keeps_the_query(client):
    switch = page(client, "/guides/?near=53202").select_one(".crisis a[hreflang=es]")
    assert switch["href"] == "/es/guides/?near=53202"


@pytest.mark.parametrize("path", ["/accounts/login/", "/no-such-page/"])
def test_where_there_is_no_twin_the_switch_leads_to_the_front_page(client, path):
    assert b'href="/es/" lang="es"' in client.get(path).content


def test_the_language_is_the_addresss_and_no_cookies(client):
    client.cookies["django_language"] = "es"
    assert page(client, "/", headers={"accept-language": "es"}).html["lang"] == "en"
    assert page(client, "/es/").html["lang"] == "es"


def test_nothing_about_the_operator_is_shown_until_it_is_set(client, settings):
    assert "Who runs this site" not in page(client, "/").footer.get_text()
    assert not page(client, "/").select(".callus")
    settings.OPERATOR = {**settings.OPERATOR, "owner": "River County Health", "helpline_number": "(800) 555-0142"}
    soup = page(client, "/")
    assert "River County Health" in soup.footer.get_text()
    assert soup.select_one(".callus")["href"] == "tel:+18005550142"


def test_public_pages_set_no_cookie(client):
    for path in ["/", "/guides/", "/check/", "/es/"]:
        assert not client.get(path).cookies


def test_robots_keeps_private_pages_out(client):
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /desk/" in text
    for path in ("/reports/", "/status/", "/verify/"):
        assert f"Disallow: {path}\n" in text
        assert f"Disallow: /es{path}\n" in text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/verify/who/", "/es/verify/who/", "/verify/plan/", "/status/", "/es/status/"])
def test_pages_of_a_persons_own_say_themselves_that_no_index_may_hold_them(client, path):
    soup = BeautifulSoup(client.get(path, follow=True).content, "html.parser")
    assert soup.select_one("meta[name=robots]")["content"] == "noindex"


def test_a_way_to_pay_on_the_home_page_is_called_what_it_finds(client):
    option = page(client, "/").select_one("select[name=payer] [value=military]")
    assert option.get_text() == label_of("payer", "military").replace("such as ", "") == "Military insurance (TRICARE)"


def test_the_privacy_page_says_that_a_saved_list_is_sent_to_be_drawn(client):
    words = page(client, "/privacy/").main.get_text()
    assert "It is sent to us only to draw it, and we do not keep it." in words
    assert "We never see it" not in words


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_for_a_broken_site_need_nothing_of_it(name):
    from django.template.loader import get_template

    html = get_template(name).render()
    assert "988" in html
    assert "1-800-662-4357" in html
    assert "{" not in html
