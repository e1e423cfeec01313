"""What is said to a payer on the phone keeps to the consent: without it nobody hears of substance use."""

import pytest

from insurance import answer, script
from insurance.questions import Question
from tests.insurance.factories import ConsentFactory, ProgramBillingFactory, VerificationFactory
from tests.insurance.test_payer_call import start

pytestmark = pytest.mark.django_db

OF_USE = ("H0015", "0906", "substance use")
VERIFY, WITH_SUD = ["verify"], ["verify", "sud"]


@pytest.fixture
def client(staff, signed_in):
    return signed_in(staff("agent", name="Dana"))


def asking(condition: str, scopes: list[str]):
    program = ProgramBillingFactory().program
    return VerificationFactory(
        state="manual_required", program=program, condition=condition, consent=ConsentFactory(scopes=scopes)
    )


@pytest.mark.parametrize(
    ("condition", "scopes", "said", "unsaid"),
    [
        ("mh", VERIFY, ("S9480", "0905"), OF_USE),
        ("mh", WITH_SUD, ("S9480", "0905"), OF_USE),
        ("sud", VERIFY, ("S9480", "0905"), OF_USE),
        ("both", VERIFY, ("S9480", "0905"), OF_USE),
        ("sud", WITH_SUD, OF_USE, ("S9480", "0905")),
        ("both", WITH_SUD, ("H0015 or S9480", "0905 or 0906", "substance use"), ()),
    ],
)
def test_codes_and_words_of_substance_use_are_said_with_that_consent_alone(client, condition, scopes, said, unsaid):
    row = asking(condition, scopes)
    row.snapshots.create(determination="unknown", evidence_level=0, data={"question": Question.COVERED})
    page = client.get(start(client, row).url).content.decode()
    script_of_call = page.partition('id="answers"')[2].partition("</form>")[0]
    next_question = answer.question_after(row, {"question": Question.COVERED})
    for word in said:
        assert word in script_of_call
    for word in unsaid:
        assert word not in script_of_call
        assert word not in next_question


def test_a_consent_taken_back_takes_the_words_back(client):
    row = asking("sud", WITH_SUD)
    assert script.may_speak_of_use(row)
    row.consent.revoked_at = row.consent.given_at
    assert not script.may_speak_of_use(row)
