"""The doctor says when searches find less than is published."""

import pytest

from iopfinder import doctor
from programs.models import SearchRecord
from programs.search import record
from tests.factories import ProgramFactory

pytestmark = pytest.mark.django_db


def test_the_doctor_sees_programs_that_search_does_not_know_and_records_of_an_older_layout() -> None:
    assert not doctor.search_records().fault
    program = ProgramFactory()
    assert "rebuild_search" in doctor.search_records().fix
    assert doctor.search_records().fault
    record.write([program.pk])
    assert not doctor.search_records().fault

    SearchRecord.objects.update(layout=0)

    assert doctor.search_records().fault
