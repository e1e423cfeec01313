"""The site in Spanish: every page, no English left in it, a strip that fits a phone."""

import pytest
from bs4 import BeautifulSoup

PATHS = [
    "/es/",
    "/es/guides/",
    "/es/guides/paying/",
    "/es/guides/levels-of-care/",
    "/es/check/",
    "/es/privacy/",
    "/es/data/",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_spanish_page_is_spanish_throughout(client, path):
    soup = BeautifulSoup(client.get(path).content, "html.parser")
    assert soup.html["lang"] == "es"
    for away in soup.select("[lang=en], .sources li, .states, script"):
        away.decompose()
    words = set(soup.body.get_text(" ").lower().split())
    assert not words & {"the", "and", "with", "your", "care", "you"}


def test_the_self_check_goes_on_in_spanish(client):
    response = client.post("/es/check/", {"answer": "suicide"})
    assert "Por favor, hable con alguien ahora." in response.content.decode()
    assert 'action="/es/check/"' in response.content.decode()
