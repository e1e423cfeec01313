"""The fictional listings can be checked like real ones."""

import json
import uuid
from io import StringIO

import pytest
from django.core.management import call_command

from insurance import intake, verification
from insurance.models import PayerPhoneLine, PayerRoute, ProgramBilling, ProgramPayerContract, Verification
from insurance.states import State
from insurance.x12.inquiry_270 import is_npi
from programs.models import Payer
from tests.insurance.factories import ConsentFactory, VerificationFactory

pytestmark = pytest.mark.django_db


def test_the_sample_is_checked_through_to_the_carve_out_and_loads_twice(payer_server):
    call_command("load_sample", verbosity=0)
    assert Payer.objects.count() == PayerRoute.objects.count() == PayerPhoneLine.objects.count() > 100
    assert all(is_npi(npi) for npi in ProgramBilling.objects.values_list("npi", flat=True))
    assert all("55501" in number for number in PayerPhoneLine.objects.values_list("number", flat=True))

    contract = ProgramPayerContract.objects.filter(agreement_to_verify=True, network="in").first()
    child = carve_out_of(contract)
    assert (child.payer.slug, child.state, child.evidence_level) == ("sample-behavioral-co", State.COMPLETED, 3)
    assert child.snapshot.estimates.exists()

    before = ProgramPayerContract.objects.count()
    ProgramPayerContract.objects.filter(pk=contract.pk).update(allowed_per_day=1)
    call_command("load_sample_routes", stdout=(said := StringIO()))
    assert ProgramPayerContract.objects.count() == before > 100
    assert json.loads(said.getvalue()) == {"routes": 0, "phone_lines": 0, "billing": 0, "contracts": 0}
    contract.refresh_from_db()
    assert contract.allowed_per_day == 1  # what people have edited stays


def carve_out_of(contract: ProgramPayerContract) -> Verification:
    row = VerificationFactory.build(payer=contract.payer, consent=ConsentFactory(), member_id="SIMCARVE1")
    row = intake.submit(row, programs=[contract.program], submission_key=uuid.uuid4()).verification
    verification.run(row.pk)
    child = row.children.get()
    verification.run(child.pk)
    child.refresh_from_db()
    return child
