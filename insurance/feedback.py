"""What the directory learns from a finished check: whether a program is in a payer's network. Nothing personal."""

from datetime import date, timedelta

from django.utils import timezone

from insurance.models import BenefitSnapshot, Verification
from programs import curation
from programs.models.payer import AcceptanceSource, Network

GOOD_FOR = timedelta(days=90)
NETWORKS = {"in": Network.IN_NETWORK, "out": Network.OUT_OF_NETWORK}


def update_directory(verification: Verification, snapshot: BenefitSnapshot) -> None:
    """Only the program that was asked for, only what the payer itself said about it, only the day.

    If curators merged it into another listing meanwhile, that one is told: the merged one is no longer shown.
    """
    network = NETWORKS.get(snapshot.data.get("program_network", ""))
    if network is None or verification.program is None or not _is_told(snapshot):
        return
    curation.accept(
        program=verification.program.merged_into or verification.program,
        payer=verification.payer,
        network=network,
        source=AcceptanceSource.BENEFITS_CHECK,
    )


def _is_told(snapshot: BenefitSnapshot) -> bool:
    """A call confirms only what was said in it: one about other things leaves the network at its own day."""
    if snapshot.call is not None:
        return snapshot.call.answers.get("network") in NETWORKS
    return snapshot.evidence_level >= 1


def expire(today: date | None = None) -> int:
    """After 90 days a check confirms nothing any more, and what the program itself says counts again."""
    return curation.expire_checks(before=(today or timezone.localdate()) - GOOD_FOR)
