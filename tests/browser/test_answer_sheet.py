"""The sheet that a caller takes home, on paper."""

import re

import pytest

from insurance.models import Casework, Verification
from tests.browser.test_desk import agent, askable  # noqa: F401  (fixtures)
from tests.insurance.asking import run, submit
from tests.insurance.conftest import _payer_server, payer_server  # noqa: F401  (fixtures)
from tests.insurance.test_payer_call import finish, start


@pytest.mark.parametrize("language", ["en", "es"])
def test_an_answer_by_computer_and_by_phone_is_one_page_of_paper(open_page, agent, askable, payer_server, language):  # noqa: F811
    row = run(submit(askable[0].routes.get(), askable[1], scopes=["verify", "sud", "share"]))
    start(agent, row)
    finish(agent, row, exclusions="No care by video.", penalty="Half is not paid.", authorization_phone="414-555-0134")
    Casework.objects.update(language=language)
    page = open_page(Verification.objects.get().get_absolute_url(), client=agent)
    page.keyboard.press("d")
    page.wait_for_url("**/sheet/")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", paper)) == 1
