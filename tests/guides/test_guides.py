"""The guides: sourced, dated, readable, in both languages."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.guides.readability import grade, sentences

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "guides"
# Numbers that are names, not figures: help lines, laws, forms of care.
NAMES = ("988", "911", "1-800-662-4357", "1-800-799-7233", "88788", "12-step", "24/7", "press 2", "42 CFR")


@pytest.fixture(scope="module")
def library():
    from guides import library

    return library.GUIDES


def page(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def prose(soup) -> str:
    for away in soup.select("svg, table, nav, .cite, .sources, .vh, option, .sched"):
        away.decompose()
    return "\n\n".join(
        " ".join(block.get_text(" ").split()) for block in soup.main.select("p, li, dd, h1, h2, h3, summary, legend")
    )


def test_every_guide_lists_its_sources_and_the_day_it_was_reviewed(client, library):
    for slug, guide in library.items():
        soup = page(client, f"/guides/{slug}/")
        assert len(soup.select(".sources li")) == len(guide.sources) > 0
        assert "Last reviewed" in soup.select_one(".sources").get_text()


def test_every_citation_leads_to_a_source_on_the_page(client, library):
    for slug in library:
        soup = page(client, f"/guides/{slug}/")
        for link in soup.select(".cite a"):
            assert soup.select_one(link["href"]), (slug, link)


def test_every_source_of_a_guide_is_cited_or_named_as_its_ground(library):
    from guides.facts import FACTS, SOURCES

    used = {source for fact in FACTS.values() for source in fact.sources}
    used |= {source for guide in library.values() for source in guide.sources}
    assert used == set(SOURCES)


def test_every_figure_in_a_guide_comes_from_the_table_of_facts(library):
    for guide in library.values():
        text = (TEMPLATES / f"{guide.slug}.html").read_text()
        for words in re.findall(
            r"{% translate \"(.+?)\" %}|{% blocktranslate trimmed %}(.+?){% endblocktranslate %}", text
        ):
            sentence = "".join(words)
            for name in NAMES:
                sentence = sentence.replace(name, "")
            assert not re.search(r"\d", sentence), f"{guide.slug}: {sentence}"


def test_no_page_prints_a_success_rate(client, library):
    for path in ["/", *(f"/guides/{slug}/" for slug in library)]:
        text = page(client, path).main.get_text()
        assert "%" not in text
        assert "percent" not in text


@pytest.mark.parametrize("path", ["/", "/check/", "/privacy/", "/how-we-rank/", "/data/", "/guides/"])
def test_pages_read_at_grade_eight_or_below(client, path):
    assert grade(prose(page(client, path))) <= 8


def test_guides_read_at_grade_eight_or_below_without_long_sentences(client, library):
    for slug in library:
        text = prose(page(client, f"/guides/{slug}/"))
        assert grade(text) <= 8, slug
        long = [sentence for sentence in sentences(text) if len(sentence.split()) > 28]
        assert not long, (slug, long)


def test_an_unknown_guide_is_not_found(client):
    assert client.get("/guides/miracle-cures/").status_code == 404


def test_the_levels_of_care_table_has_four_levels(client):
    soup = page(client, "/guides/levels-of-care/")
    assert [cell.get_text() for cell in soup.select("thead th")] == [
        "Weekly therapy",
        "IOP",
        "Day program (PHP)",
        "Live-in care",
    ]
    assert "9 to 19 hours" in soup.select_one("tbody .on").get_text()


def links(client, path):
    return {link["href"] for link in page(client, path).main.select("a[href]")}


def test_home_leads_to_every_state(client):
    assert {"/programs/in/wi/", "/programs/in/dc/", "/programs/in/pr/"} <= links(client, "/")
    assert "/es/programs/in/wi/" in links(client, "/es/")


def test_the_data_page_leads_to_downloads_and_the_api(client):
    assert {"/api/v1/programs/export/csv", "/api/v1/docs", "/api/v1/vocabulary"} <= links(client, "/data/")


def test_the_guide_to_paying_leads_to_the_benefits_check_and_the_cost_page(client):
    assert {"/verify/", "/cost/"} <= links(client, "/guides/paying/")
