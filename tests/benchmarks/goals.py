"""Figures beside their goals: printed as a table, and asserted as far as they hold on any machine."""

MET, MISSED = "met", "NOT MET"


def say(text: str) -> None:
    print(text)  # noqa: T201  (what a benchmark is for)


class Goals:
    """Goals of one table. `sure` is what must hold everywhere: where a goal is met, with room for a noisy machine."""

    def __init__(self, title: str) -> None:
        self.failed: list[str] = []
        say(f"\n{title}")

    def at_least(self, name: str, figure: float, goal: float, *, sure: float) -> None:
        self._judge(name, figure, f"≥ {goal:g}", is_met=figure >= goal, is_sure=figure >= sure)

    def at_most(self, name: str, figure: float, goal: float, *, sure: float) -> None:
        self._judge(name, figure, f"≤ {goal:g}", is_met=figure <= goal, is_sure=figure <= sure)

    def _judge(self, name: str, figure: float, goal: str, *, is_met: bool, is_sure: bool) -> None:
        say(f"  {name:52} {figure:9.2f}   goal {goal:8} {MET if is_met else MISSED}")
        if not is_sure:
            self.failed.append(f"{name}: {figure:.2f}, goal {goal}")

    def settle(self) -> None:
        assert not self.failed, self.failed
