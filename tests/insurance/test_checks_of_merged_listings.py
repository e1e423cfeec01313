"""A benefits check that ends after curators merged the program it asked for."""

import pytest

from insurance import feedback
from insurance.models import BenefitSnapshot
from programs import curation
from programs.models.payer import AcceptanceSource
from tests.factories import ProgramFactory
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db


def test_the_listing_that_stays_learns_what_the_payer_said() -> None:
    loser, winner = ProgramFactory(), ProgramFactory()
    verification = VerificationFactory(program=loser)
    curation.merge(loser=loser, winner=winner)
    verification.refresh_from_db()

    feedback.update_directory(verification, BenefitSnapshot(data={"program_network": "in"}, evidence_level=3))

    acceptance = winner.payer_acceptances.get()
    assert (acceptance.payer, acceptance.source) == (verification.payer, AcceptanceSource.BENEFITS_CHECK)
    assert not loser.payer_acceptances.exists()
