"""Ask the simulated payer in a test: log a request, take it as far as it goes, make it due, see what the payer heard."""

import uuid
from datetime import timedelta

from django.utils import timezone

from insurance import intake, verification
from insurance.models import Verification
from tests.insurance.factories import ConsentFactory, VerificationFactory


def submit(route, program, **fields) -> Verification:
    scopes = fields.pop("scopes", ["verify"])
    row = VerificationFactory.build(payer=route.payer, consent=ConsentFactory(scopes=scopes), **fields)
    return intake.submit(row, programs=[program], submission_key=uuid.uuid4()).verification


def run(row: Verification) -> Verification:
    verification.run(row.pk)
    row.refresh_from_db()
    return row


def make_due(row: Verification) -> None:
    Verification.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def calls(server, row: Verification) -> list[dict]:
    return server.ledger.shown(member=row.member_id)["calls"]
