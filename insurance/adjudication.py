"""What a patient pays for one treatment episode, day by day, the way a payer adjudicates claim lines.

Each attended day is one claim line: the plan's price for it goes through deductible, copay and coinsurance, is rounded
to the cent (half up), and is capped by what is left until the out-of-pocket limit. All figures are known here; the
estimator tries out the unknown ones.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PlanYear:
    """So many days, with what is left of the individual's amounts on the first of them. None: no such term."""

    days: int
    ded_ind: Decimal | None
    oop_ind: Decimal | None


@dataclass(frozen=True, slots=True)
class Terms:
    """A plan and a program in numbers. Amounts of the family count in the first plan year only."""

    years: tuple[PlanYear, ...]
    allowed: Decimal  # the plan's price a day
    coins: Decimal = ZERO  # the patient's fraction of what deductible and copay leave
    copay: Decimal | None = None
    copay_after_ded: bool = False
    copay_every: int = 1  # covered days that one copay is good for: 3 for a weekly copay at three days a week
    ded_fam: Decimal | None = None
    oop_fam: Decimal | None = None
    ded_applies: bool = True
    embedded: bool = True  # False: the family amount alone is the deductible
    visit_limit: int | None = None  # covered days left; not renewed by a new plan year
    cash_day: Decimal | None = None
    billed: Decimal | None = None  # the program's charge a day; what exceeds `allowed` is billed to the patient

    @property
    def beyond_limit(self) -> Decimal:
        """What a day beyond the visit limit costs: the cash price, else the charge, else the plan's price."""
        return cents(next(price for price in (self.cash_day, self.billed, self.allowed) if price is not None))


@dataclass(frozen=True, slots=True)
class Day:
    """What one attended day costs the patient."""

    cost_share: Decimal = ZERO
    balance_bill: Decimal = ZERO
    non_covered: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.cost_share + self.balance_bill + self.non_covered


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def adjudicate(terms: Terms) -> list[Day]:
    """Every attended day in order."""
    claim = terms.allowed if terms.billed is None else min(terms.allowed, terms.billed)
    balance = max(ZERO, terms.billed - terms.allowed) if terms.billed is not None else ZERO
    balance, beyond = cents(balance), terms.beyond_limit
    copay = _Copay(terms)
    days: list[Day] = []
    for order, year in enumerate(terms.years):
        pots = _Pots(year, terms, is_first=order == 0)
        for _ in range(year.days):
            if terms.visit_limit is not None and len(days) >= terms.visit_limit:
                days.append(Day(non_covered=beyond))
            else:
                days.append(Day(_cost_share(terms, claim, pots, copay), balance))
    return days


def _cost_share(terms: Terms, claim: Decimal, pots: "_Pots", copay: "_Copay") -> Decimal:
    """The patient's part of one claim line. Within the deductible there may already be the out-of-pocket limit."""
    is_copay_first = terms.copay is not None and not terms.copay_after_ded
    deductible = ZERO if is_copay_first else min(pots.deductible, claim)
    rest = claim - deductible
    flat = copay.take(rest)
    share = deductible + flat + terms.coins * (rest - flat)
    paid = cents(min(share, pots.limit))
    pots.pay(paid, of_deductible=min(deductible, paid))
    return paid


class _Copay:
    """A copay, asked once in `copay_every` days. What a cheap day leaves of it falls due on the next."""

    def __init__(self, terms: Terms) -> None:
        self.amount, self.every = terms.copay or ZERO, terms.copay_every
        self.left, self.day = ZERO, 0

    def take(self, rest: Decimal) -> Decimal:
        if self.day % self.every == 0:
            self.left = self.amount
        self.day += 1
        taken = min(self.left, rest)
        self.left -= taken
        return taken


class _Pots:
    """What is left of deductible and out-of-pocket limit in one plan year."""

    def __init__(self, year: PlanYear, terms: Terms, *, is_first: bool) -> None:
        self.ded_ind, self.oop_ind = year.ded_ind, year.oop_ind
        self.ded_fam, self.oop_fam = (terms.ded_fam, terms.oop_fam) if is_first else (None, None)
        self.applies, self.embedded = terms.ded_applies, terms.embedded

    @property
    def deductible(self) -> Decimal:
        if not self.applies:
            return ZERO
        if not self.embedded and self.ded_fam is not None:
            return self.ded_fam
        return min((pot for pot in (self.ded_ind, self.ded_fam) if pot is not None), default=ZERO)

    @property
    def limit(self) -> Decimal:
        return min((pot for pot in (self.oop_ind, self.oop_fam) if pot is not None), default=Decimal("Infinity"))

    def pay(self, amount: Decimal, *, of_deductible: Decimal) -> None:
        self.ded_ind, self.ded_fam = _less(self.ded_ind, of_deductible), _less(self.ded_fam, of_deductible)
        self.oop_ind, self.oop_fam = _less(self.oop_ind, amount), _less(self.oop_fam, amount)


def _less(pot: Decimal | None, amount: Decimal) -> Decimal | None:
    return None if pot is None else max(ZERO, pot - amount)
