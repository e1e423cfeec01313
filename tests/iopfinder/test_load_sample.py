"""One command loads the sample for both halves, and takes it out again."""

from typing import Any

import pytest
from django.core.management import call_command

from insurance.models import PayerRoute, ProgramBilling, ProgramPayerContract
from programs.models import Program


@pytest.mark.django_db
def test_the_sample_comes_checkable_and_goes_without_a_trace(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(50):  # a table at a time: it is part of the first start
        call_command("load_sample", verbosity=0)
    programs = Program.objects.filter(is_sample=True)
    assert programs.count() >= 300
    assert not programs.filter(billing__isnull=True).exists()
    assert ProgramPayerContract.objects.exists()
    assert PayerRoute.objects.exists()
    call_command("load_sample", remove=True, verbosity=0)
    assert not Program.objects.exists()
    assert not ProgramBilling.objects.exists()
    assert not PayerRoute.objects.filter(enabled=True).exists()
