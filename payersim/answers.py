"""Write what a payer sends back: 271, 999, TA1. Times are the question's own, so an answer never varies."""

from dataclasses import dataclass, field

from payersim.inquiry import Inquiry, Message, SyntaxFaultError, element

GUIDE = "005010X279A1"
ACKNOWLEDGEMENT_GUIDE = "005010X231A1"
MARKS = str.maketrans("*^:~", "    ")


@dataclass
class Answer:
    """A 271 in the making. `lines` go below the patient; an AAA goes into its loop."""

    inquiry: Inquiry
    lines: list[str] = field(default_factory=list)
    rejections: dict[str, list[str]] = field(default_factory=dict)  # loop -> AAA segments
    other_member: bool = False
    trace: str | None = None  # another trace number than ours; "" for none
    counted_extra: int = 0  # added to the SE count

    def text(self) -> str:
        body = self._body()
        count = len(body) + 2 + self.counted_extra
        st02 = element(self.inquiry.message.find("ST"), 2)
        return wrap(
            self.inquiry.message,
            [f"ST*271*{st02}*{GUIDE}", *body, f"SE*{count}*{st02}"],
            group="HB",
            guide=GUIDE,
        )

    def _body(self) -> list[str]:
        inquiry = self.inquiry
        bht = inquiry.message.find("BHT")
        source = [f"NM1*PR*2*{clean(inquiry.payer, 3)}*****PI*{clean(inquiry.payer, 9)}"]
        receiver = [f"NM1*1P*2*{clean(inquiry.provider, 3)}*****XX*{clean(inquiry.provider, 9)}"]
        body = [f"BHT*0022*11*{clean(bht, 3)}*{clean(bht, 4)}*{clean(bht, 5)}"]
        body += ["HL*1**20*1", *self._aaa("2000A"), *source, *self._aaa("2100A")]
        goes_on = not ({"2000A", "2100A", "2100B"} & set(self.rejections))
        body += [f"HL*2*1*21*{int(goes_on)}", *receiver, *self._aaa("2100B")]
        return body + (self._members() if goes_on else [])

    def _members(self) -> list[str]:
        dependent = self.inquiry.dependent
        is_below = dependent is not None or "2100D" in self.rejections or "2110D" in self.rejections
        subscriber = [*self._subscriber(), *self._aaa("2100C")]
        birth = self._birth(self.inquiry.subscriber.dmg)
        answered = [*self.lines, *self._aaa("2110C"), *self._aaa("2110D")]
        if not is_below:
            return ["HL*3*2*22*0", *self._trace(), *subscriber, *birth, *answered]
        patient = dependent or self.inquiry.subscriber
        relation = element(patient.ins, 2) or "19"
        name = f"NM1*03*1*{clean(patient.nm1, 3)}*{clean(patient.nm1, 4)}".rstrip("*")
        below = [name, *self._aaa("2100D"), *self._birth(patient.dmg), f"INS*N*{relation}"]
        return ["HL*3*2*22*1", *subscriber, *birth, "HL*4*3*23*0", *self._trace(), *below, *answered]

    def _subscriber(self) -> list[str]:
        if self.other_member:
            return ["NM1*IL*1*STRANGER*ALEX****MI*OTHER999999"]
        nm1 = self.inquiry.subscriber.nm1
        name = f"NM1*IL*1*{clean(nm1, 3)}*{clean(nm1, 4)}*{clean(nm1, 5)}***MI*{clean(nm1, 9)}"
        return [name if clean(nm1, 9) else name.removesuffix("MI*").rstrip("*")]

    def _birth(self, dmg: list[str]) -> list[str]:
        return [f"DMG*D8*{clean(dmg, 2)}*{clean(dmg, 3)}".rstrip("*")] if element(dmg, 2) else []

    def _trace(self) -> list[str]:
        number = clean(self.inquiry.trace, 2) if self.trace is None else self.trace
        return [f"TRN*2*{number}*{clean(self.inquiry.trace, 3)}"] if number else []

    def _aaa(self, loop: str) -> list[str]:
        return self.rejections.get(loop, [])


def syntax_refusal(fault: SyntaxFaultError) -> str:
    """A 999: the group is rejected, at this segment and element."""
    gs, st = fault.message.find("GS"), fault.message.find("ST")
    body = ["ST*999*0001*" + ACKNOWLEDGEMENT_GUIDE, f"AK1*HS*{clean(gs, 6)}*{clean(gs, 8)}".rstrip("*")]
    body += [f"AK2*{clean(st, 1)}*{clean(st, 2)}*{clean(st, 3)}".rstrip("*")]
    if fault.segment not in ("GS", "GE"):
        body += [f"IK3*{fault.segment.translate(MARKS)}*{fault.position}**{fault.code}"]
    if fault.element:
        value = fault.element.value.translate(MARKS)
        body += [f"IK4*{fault.element.number}**{fault.element.code}*{value}".rstrip("*")]
    is_group = fault.segment in ("GS", "GE")
    body += ["IK5*R*5", f"AK9*R*1*1*0*{fault.code}" if is_group else "AK9*R*1*1*0"]
    body += [f"SE*{len(body) + 1}*0001"]
    return wrap(fault.message, body, group="FA", guide=ACKNOWLEDGEMENT_GUIDE)


def interchange_refusal(isa: list[str], note: str) -> str:
    """A TA1: the interchange is rejected."""
    header = _isa(isa)
    number = clean(isa, 13) or "000000000"
    return f"{header}~TA1*{number}*{clean(isa, 9)}*{clean(isa, 10)}*R*{note}~IEA*0*{number}~"


def wrap(message: Message, body: list[str], *, group: str, guide: str) -> str:
    gs = message.find("GS")
    control = clean(gs, 6) or "1"
    segments = [
        _isa(message.isa),
        f"GS*{group}*{clean(gs, 3)}*{clean(gs, 2)}*{clean(gs, 4)}*{clean(gs, 5)}*{control}*X*{guide}",
        *body,
        f"GE*1*{control}",
        f"IEA*1*{clean(message.isa, 13)}",
    ]
    return "".join(segment + "~" for segment in segments)


def _isa(isa: list[str]) -> str:
    sender, receiver = clean(isa, 6)[:15].ljust(15), clean(isa, 8)[:15].ljust(15)
    qualifiers = [(clean(isa, number) or "ZZ")[:2] for number in (7, 5)]
    when = f"{clean(isa, 9)[:6]:>6}*{clean(isa, 10)[:4]:>4}"
    control = clean(isa, 13)[:9].rjust(9, "0")
    usage = clean(isa, 15)[:1] or "T"
    parties = f"{qualifiers[0]}*{receiver}*{qualifiers[1]}*{sender}"
    return f"ISA*00*{'':10}*00*{'':10}*{parties}*{when}*^*00501*{control}*0*{usage}*:"


def clean(segment: list[str], number: int) -> str:
    """An element of the question, safe to write under this payer's delimiters."""
    return element(segment, number).translate(MARKS)
