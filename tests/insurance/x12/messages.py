"""Small 271s for tests: `answer("EB*1**30", ...)` wraps lines in envelopes whose counts are right."""

from datetime import UTC, date, datetime
from pathlib import Path

from insurance.x12.inquiry_270 import ControlNumbers, Person, Question, Sender

SAMPLES = Path(__file__).parent / "samples"
ASKED_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SENDER = Sender("IOPFINDER", "PAYERSIM")
CONTROL = ControlNumbers(101, 101, 1)
NPI = "1234567893"
SUBSCRIBER = Person("Rivera", "Sam", member_id="SIMPPO001", birth_date=date(1990, 1, 15), gender="F")


def question(**changes: object) -> Question:
    fields: dict[str, object] = {
        "payer_code": "EXHP01",
        "payer_name": "Example Health Plan",
        "provider_npi": NPI,
        "provider_name": "Harbor Light IOP",
        "subscriber": SUBSCRIBER,
        "service_type": "MH",
        "bht03": "IV7QK42M9P-1",
        "trn02": "IV7QK42M9P-1",
    }
    return Question(**{**fields, **changes})  # type: ignore[arg-type]


def interchange(*body: str, kind: str = "271", group: str = "HB", version: str = "005010X279A1") -> bytes:
    """Segments in ISA, GS and ST, with correct closing counts."""
    segments = [
        "ISA*00*          *00*          *ZZ*PAYERSIM       *ZZ*IOPFINDER      *260302*1000*^*00501*000000201*0*T*:",
        f"GS*{group}*PAYERSIM*IOPFINDER*20260302*1000*201*X*{version}",
        f"ST*{kind}*0001*{version}",
        *body,
        f"SE*{len(body) + 2}*0001",
        "GE*1*201",
        "IEA*1*000000201",
    ]
    return "".join(segment + "~" for segment in segments).encode()


def answer(*lines: str, member: tuple[str, ...] = ()) -> bytes:
    """A 271 about one subscriber with these EB, MSG, III ... segments."""
    return interchange(
        "BHT*0022*11*IV7QK42M9P-1*20260302*1000",
        "HL*1**20*1",
        "NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EXHP01",
        "HL*2*1*21*1",
        f"NM1*1P*2*HARBOR LIGHT IOP*****XX*{NPI}",
        "HL*3*2*22*0",
        "TRN*2*IV7QK42M9P-1*9IOPFINDER",
        "NM1*IL*1*RIVERA*SAM****MI*SIMPPO001",
        "DMG*D8*19900115*F",
        *member,
        *lines,
    )
