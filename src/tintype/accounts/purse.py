"""What an account or a key can spend, as plain arithmetic: what fits, what is set aside, what is taken."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Micros
from ..core.errors import CallerError, OutOfCredit, TooManyRequests
from ..core.money import dollars


@dataclass(slots=True, kw_only=True)
class Purse:
    """One row of the table of that name. `day_spent` and `month_spent` are of `day` and its month; what is spent
    counts what is held."""

    id: str
    prepaid: bool = False
    balance: Micros = 0
    held: Micros = 0
    running: int = 0
    at_once: int | None = None
    day: str = ""
    day_spent: Micros = 0
    day_limit: Micros | None = None
    month_spent: Micros = 0
    month_limit: Micros | None = None
    spent: Micros = 0
    spent_limit: Micros | None = None

    def counts(self, day: str) -> bool:
        """Whether what is spent on `day` is among its sums, or would have to be counted again to be limited."""
        return day >= self.day or (self.day_limit is None and self.month_limit is None)

    def refusal(
        self, amount: Micros, day: str, whose: str, gone: tuple[Micros, Micros] | None = None
    ) -> CallerError | None:
        """Why one more job that may cost `amount` cannot begin; None when it can. `whose`: "account" or "key".
        `gone`: what was spent on `day` and in its month, where it does not count them any more."""
        self._turn_to(day)
        day_spent, month_spent = gone or (self.day_spent, self.month_spent)
        if self.at_once is not None and self.running >= self.at_once:
            jobs = "1 job" if self.at_once == 1 else f"{self.at_once} jobs"
            return TooManyRequests(
                f"This {whose} may have {jobs} running at once, and has as many. Try again when one has ended.",
                code="too_many_jobs",
                retry_after=1.0,
            )
        if not amount:
            return None
        if self.prepaid and amount > self.available:
            return OutOfCredit(
                f"This order may cost {dollars(amount)}, and the {whose} has {dollars(self.available)} left."
            )
        for spent, limit, of in (
            (day_spent, self.day_limit, f" for {day} (UTC)"),
            (month_spent, self.month_limit, f" for {day[:7]} (UTC)"),
            (self.spent, self.spent_limit, ""),
        ):
            if limit is not None and spent + amount > limit:
                return OutOfCredit(
                    f"This order may cost {dollars(amount)}, and of the {whose}'s limit of {dollars(limit)}{of} "
                    f"{dollars(max(limit - spent, 0))} is left."
                )
        return None

    @property
    def available(self) -> Micros:
        """What no job has set aside."""
        return self.balance - self.held

    def hold(self, amount: Micros, day: str) -> None:
        self._turn_to(day)
        self.held += amount
        self.running += 1
        self._spend(amount, day)

    def chargeable(self, cost: Micros, held: Micros) -> Micros:
        """How much of `cost` can be taken for a job that holds `held`: no other's hold, and nothing that is not there."""
        return max(min(cost, self.available + held), 0) if self.prepaid else cost

    def settle(self, held: Micros, charged: Micros, day: str, *, balanced: bool) -> None:
        """A job of `day` ends that held `held`. `balanced`: this purse has a balance, which pays for it."""
        self.held -= held
        self.running -= 1
        self._spend(charged - held, day)
        if balanced:
            self.balance -= charged

    def refund(self, amount: Micros, day: str, *, balanced: bool) -> None:
        self._spend(-amount, day)
        if balanced:
            self.balance += amount

    def _spend(self, amount: Micros, day: str) -> None:
        """On the day on which its job was held: once the purse has moved on to another, that day counts no more."""
        self.spent += amount
        if day == self.day:
            self.day_spent += amount
        if day[:7] == self.day[:7]:
            self.month_spent += amount

    def _turn_to(self, day: str) -> None:
        if day > self.day:
            self.day_spent = 0
            if day[:7] != self.day[:7]:
                self.month_spent = 0
            self.day = day
