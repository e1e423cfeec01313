"""The self-check: safety first, nothing stored, nothing in an address."""

import pytest
from bs4 import BeautifulSoup

FITTING = ["no", "no", "adult", "no", "more", "yes", "yes", "both", "yes"]


def walk(client, answers, *, path="/check/"):
    """Answers the questions one page after the other; returns the last page."""
    soup = BeautifulSoup(client.get(path).content, "html.parser")
    for answer in answers:
        state = soup.select_one("input[name=state]")["value"]
        response = client.post(path, {"state": state, "answer": answer})
        assert response.status_code == 200
        soup = BeautifulSoup(response.content, "html.parser")
    return soup


def heading(soup):
    return soup.h1.get_text(strip=True)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["suicide"], "Please talk to someone now."),
        (["overdose"], "Call 911 now."),
        (["violence"], "Get to a safe place first."),
        (["no", "yes"], "Get medical help first."),
        (FITTING, "An IOP may fit."),
        ([*FITTING[:4], "weekly", *FITTING[5:]], "Weekly therapy may be enough."),
        ([*FITTING[:4], "day", *FITTING[5:]], "Ask about a day program."),
        ([*FITTING[:4], "always", *FITTING[5:]], "Ask about live-in care first."),
        ([*FITTING[:5], "no", *FITTING[6:]], "Ask about live-in care first."),
    ],
)
def test_answers_point_to_a_direction(client, answers, expected):
    assert heading(walk(client, answers)) == expected


def test_the_result_gives_its_reasons(client):
    text = walk(client, ["no", "unsure", "minor", "yes", *FITTING[4:]]).main.get_text()
    assert "Ask a doctor before the first day." in text
    assert "program made for teens" in text
    assert "Tell the doctor and the program about the pregnancy" in text
    assert "Home is safe and steady." in text


def test_safety_is_asked_first_and_withdrawal_second(client):
    assert heading(walk(client, [])) == "Is anyone in danger right now?"
    assert heading(walk(client, ["no"])) == "Could stopping be dangerous?"


def test_back_takes_the_last_answer_away(client):
    soup = walk(client, ["no", "no"])
    state = soup.select_one("input[name=state]")["value"]
    response = client.post("/check/", {"state": state, "back": "1"})
    assert heading(BeautifulSoup(response.content, "html.parser")) == "Could stopping be dangerous?"


def test_back_from_a_stop_returns_to_the_question(client):
    soup = walk(client, ["suicide"])
    state = soup.select_one("input[name=state]")["value"]
    response = client.post("/check/", {"state": state, "back": "1"})
    assert heading(BeautifulSoup(response.content, "html.parser")) == "Is anyone in danger right now?"


@pytest.mark.parametrize("answer", ["", "maybe", "yes\x00", "x" * 5000])
def test_an_answer_that_is_none_of_the_choices_is_asked_again(client, answer):
    soup = walk(client, ["no", answer])
    assert heading(soup) == "Could stopping be dangerous?"
    assert "Choose an answer" in soup.select_one(".esum").get_text()
    assert soup.title.get_text().startswith("Error:")


@pytest.mark.parametrize("state", ["", "tampered", "eyJhIjoxfQ:1abc:xyz", "x" * 9000, "\x00"])
def test_a_changed_state_starts_again(client, state):
    response = client.post("/check/", {"state": state, "answer": "no"})
    assert heading(BeautifulSoup(response.content, "html.parser")) == "Could stopping be dangerous?"


def test_a_signed_state_of_other_questions_starts_again():
    from guides import selfcheck

    assert selfcheck.unsign(selfcheck.sign({"safety": "perhaps"})) == {}
    assert selfcheck.unsign(selfcheck.sign({"mood": "no"})) == {}


def test_nothing_is_kept_anywhere(client):
    walk(client, FITTING)
    response = client.post("/check/", {"answer": "no"})
    assert not client.cookies
    assert "no-store" in response["Cache-Control"]


def test_the_result_sends_only_the_place_to_the_search(client):
    form = walk(client, FITTING).select_one("form[role=search]")
    assert [field["name"] for field in form.select("[name]")] == ["near"]
    assert form.get("method", "get") == "get"
