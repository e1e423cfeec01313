"""What the directory learns from a finished check: whether a program is in a payer's network. Nothing personal."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from insurance.models import BenefitSnapshot, Verification
from programs.models import PayerAcceptance
from programs.models.payer import AcceptanceSource, Network
from programs.search import record

GOOD_FOR = timedelta(days=90)
NETWORKS = {"in": Network.IN_NETWORK, "out": Network.OUT_OF_NETWORK}


def update_directory(verification: Verification, snapshot: BenefitSnapshot) -> None:
    """Only the program that was asked for, only what the payer itself said about it, only the day."""
    network = NETWORKS.get(snapshot.data.get("program_network", ""))
    if network is None or verification.program_id is None or snapshot.evidence_level < 1:
        return
    acceptance, _made = PayerAcceptance.objects.update_or_create(
        program_id=verification.program_id,
        payer_id=verification.payer_id,
        defaults={"network": network, "source": AcceptanceSource.BENEFITS_CHECK, "as_of": timezone.localdate()},
    )
    record.write([acceptance.program_id])


@transaction.atomic
def expire(today: date | None = None) -> int:
    """After 90 days a check confirms nothing any more: the program takes the payer, on terms that are not known."""
    old = PayerAcceptance.objects.filter(
        source=AcceptanceSource.BENEFITS_CHECK, as_of__lt=(today or timezone.localdate()) - GOOD_FOR
    )
    programs = list(old.values_list("program_id", flat=True))
    expired = old.update(source=AcceptanceSource.PROGRAM, network=Network.UNKNOWN)
    record.write(programs)
    return expired
