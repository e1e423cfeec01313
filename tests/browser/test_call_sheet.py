"""The call sheet on paper, where it has the most to say."""

import re

import pytest

from tests.factories import ProgramFactory

LONGEST = ["AS", "DC", "MP"]  # the names of states
NAME = "Saint Elizabeth’s Behavioral Health and Recovery " * 2


@pytest.mark.parametrize("language", ["", "/es"])
@pytest.mark.parametrize("states", [LONGEST, []], ids=["named", "not told"])
def test_the_sheet_of_a_program_by_video_is_one_page(transactional_db, open_page, language, states):
    for formats in (["virtual"], ["hybrid"]):
        for told in ({}, {"evening": True, "morning": True}):
            program = ProgramFactory(name=NAME, formats=formats, virtual_states=states, **told)
            page = open_page(f"{language}/programs/{program.slug}/sheet/")
            paper = page.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type /Page\b", paper)) == 1
