"""What can be said before a payer is asked: in milliseconds, and without a billed call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insurance import membership
from insurance.models import PayerRoute, ProgramBilling, ProgramPayerContract, Verification
from insurance.models.route import MEDICARE_IOP_SETTINGS, Detail
from insurance.states import Reason, State
from insurance.x12.inquiry_270 import is_npi, transliterate
from programs.models import Payer, Program
from programs.models.payer import PayerKind


@dataclass(frozen=True)
class Verdict:
    """Where a new request goes, and why."""

    state: State
    reason: Reason
    needed_fields: tuple[str, ...] = ()

    @property
    def next_step(self) -> Promise | None:
        return NEXT_STEPS.get(self.reason)


READY = Verdict(State.QUEUED, Reason.SUBMITTED)
# What a person does where no computer may ask. A plan may speak to its member, or to whoever the member lets speak.
NEXT_STEPS: dict[str, Promise] = {
    Reason.NO_PROGRAM: _("The plan can be called now. With a program chosen below, a computer may be able to ask."),
    Reason.NO_NPI: _(
        "Call the plan now, with the caller on the line if you can. To ask by computer, get the number (NPI) from the "
        "program and give it to an administrator."
    ),
    Reason.BAD_NPI: _(
        "Call the plan now, with the caller on the line if you can. Ask the program for its number (NPI) and tell an "
        "administrator: the one on file is mistyped."
    ),
    Reason.NO_AGREEMENT: _(
        "Call the plan now, with the caller on the line if you can: we may not speak for the program. To ask by computer, "
        "an administrator needs its agreement."
    ),
    Reason.NO_ROUTE: _("Call the plan. To ask it by computer, an administrator must set up a route."),
}


def judge(verification: Verification, programs: Sequence[Program]) -> Verdict:
    """Sets `verification.program` to the one on whose behalf we may ask, and says what to do."""
    payer = verification.payer
    if not programs:
        return Verdict(State.MANUAL_REQUIRED, Reason.NO_PROGRAM)
    billing = {row.program_id: row for row in ProgramBilling.objects.filter(program__in=programs)}
    if payer.kind == PayerKind.MEDICARE and _none_can_bill_medicare(programs, billing.values()):
        verification.program = programs[0]
        return Verdict(State.COMPLETED, Reason.MEDICARE_FREE_STANDING)
    verification.program, obstacle = _on_whose_behalf(payer, programs, billing)
    if obstacle:
        return Verdict(State.MANUAL_REQUIRED, obstacle)
    route = best_route(payer)
    if route is None:
        return Verdict(State.MANUAL_REQUIRED, Reason.NO_ROUTE)
    if not membership.is_possible(verification.member_id, payer):
        return Verdict(State.NEEDS_INFO, Reason.BAD_MEMBER_ID, (Detail.MEMBER_ID,))
    missing = missing_details(verification, route)
    return Verdict(State.NEEDS_INFO, Reason.MISSING_DETAILS, missing) if missing else READY


def is_mended(verification: Verification) -> bool:
    """What kept a computer from asking is on file by now."""
    if verification.state != State.MANUAL_REQUIRED or verification.state_reason not in NEXT_STEPS:
        return False
    programs = [row.program for row in verification.compared_programs.select_related("program")]
    return judge(verification, programs) == READY


def best_route(payer: Payer) -> PayerRoute | None:
    """The payer's first electronic route in use."""
    wired = PayerRoute.objects.filter(payer=payer, enabled=True).exclude(gateway=PayerRoute.Gateway.MANUAL)
    return wired.order_by("position", "pk").first()


def missing_details(verification: Verification, route: PayerRoute) -> tuple[str, ...]:
    """Details this payer insists on, or any question needs, and nobody has given.

    A member is named by last name, and by ID or birth date. A name without a letter that can be sent is not given.
    """
    last_name = transliterate(verification.subscriber_last_name)
    given = {
        Detail.MEMBER_ID: verification.member_id,
        Detail.FIRST_NAME: transliterate(verification.subscriber_first_name),
        Detail.LAST_NAME: last_name,
        Detail.BIRTH_DATE: verification.subscriber_birth_date,
        Detail.SEX: verification.subscriber_sex,
        Detail.GROUP_NUMBER: verification.group_number,
        Detail.RELATIONSHIP: verification.relationship,
        Detail.SERVICE_DATE: verification.service_date or "today",
        Detail.PAYER: verification.payer_id,
    }
    missing = [Detail(detail) for detail in route.required_fields if not given[Detail(detail)]]
    if not verification.member_id and not verification.subscriber_birth_date:
        missing.append(Detail.MEMBER_ID)
    patient = last_name if verification.patient_is_subscriber else transliterate(verification.patient_last_name)
    if not (last_name and patient):
        missing.append(Detail.LAST_NAME)
    return tuple(dict.fromkeys(missing))


def _none_can_bill_medicare(programs: Sequence[Program], billing: Iterable[ProgramBilling]) -> bool:
    """All of them are known to be of a kind that Medicare does not pay for. Unknown is not a no."""
    known = [row.setting for row in billing if row.setting]
    return len(known) == len(programs) and not MEDICARE_IOP_SETTINGS.intersection(known)


def _on_whose_behalf(
    payer: Payer, programs: Sequence[Program], billing: dict[int, ProgramBilling]
) -> tuple[Program, Reason | None]:
    """The first program that has an NPI and lets us ask; else the first, with what stands in the way."""
    agreed = set(
        ProgramPayerContract.objects.filter(program__in=programs, payer=payer, agreement_to_verify=True).values_list(
            "program_id", flat=True
        )
    )
    obstacles = [(program, _obstacle(billing.get(program.pk), has_agreed=program.pk in agreed)) for program in programs]
    return next((pair for pair in obstacles if pair[1] is None), obstacles[0])


def _obstacle(billing: ProgramBilling | None, *, has_agreed: bool) -> Reason | None:
    if billing is None or not billing.npi:
        return Reason.NO_NPI
    if not is_npi(billing.npi):
        return Reason.BAD_NPI
    return None if has_agreed else Reason.NO_AGREEMENT
