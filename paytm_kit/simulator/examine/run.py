"""Plays the battery against one site and collects the verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from paytm_kit.simulator.examine.attacks import ATTACKS, BY_NAME, HAPPY_PATHS, Attack
from paytm_kit.simulator.examine.control import Control, simulator
from paytm_kit.simulator.examine.plan import CannotRun, Plan, ProvesNothing
from paytm_kit.simulator.examine.scene import Finding, Kind, NotPossible, Scene
from paytm_kit.simulator.examine.site import Belief, Site
from paytm_kit.simulator.examine.wire import Wire


class Verdict(StrEnum):
    """How one attack ended: held, the worst that was found, or not run."""

    HELD = "held"
    LET_THROUGH = Kind.LET_THROUGH.value
    LOST = Kind.LOST.value
    ERROR = Kind.ERROR.value
    SLOW = Kind.SLOW.value
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Result:
    """One attack as it went."""

    attack: Attack
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    trace: tuple[str, ...] = ()
    seconds: float = 0.0
    why_not: str = ""  # not run: what would make it possible


@dataclass(slots=True)
class Report:
    """The whole examination. ``cut_short``: why not everything was run, though it could have been."""

    site: str
    results: list[Result] = field(default_factory=list)
    seconds: float = 0.0
    requests: int = 0
    cut_short: str = ""

    @property
    def run(self) -> list[Result]:
        return [result for result in self.results if result.verdict is not Verdict.NOT_RUN]

    @property
    def held(self) -> list[Result]:
        return [result for result in self.results if result.verdict is Verdict.HELD]

    @property
    def full_marks(self) -> bool:
        return bool(self.run) and len(self.held) == len(self.run) and not self.cut_short


Progress = Callable[[Result], None]


def examine(plan: Plan, progress: Progress = lambda result: None) -> Report:
    """Plays every attack that the plan asks for. Raises CannotRun when the examination proves nothing."""
    chosen = _chosen(plan)
    with simulator(plan) as address:
        wire = Wire(plan, address)
        control = Control(address, wire, plan)
        control.open()
        began = time.monotonic()
        report = Report(plan.base_url or plan.steps[-1].url)
        try:
            for result in _play_all(chosen, plan, Site(plan, wire, control), control):
                report.results.append(result)
                progress(result)
        except CannotRun as error:
            if not report.results or isinstance(error, ProvesNothing):
                raise
            report.cut_short = str(error)  # what was found until then is worth telling
        finally:
            wire.lift_bounds()  # what is put back must be, whatever was used up
            control.close()
        report.seconds, report.requests = time.monotonic() - began, wire.sent
    _explain_cut(report, chosen)
    return report


def _chosen(plan: Plan) -> list[Attack]:
    """The named attacks, or all. The first happy path always comes along: without it nothing else means anything."""
    if unknown := [name for name in plan.only if name not in BY_NAME]:
        raise CannotRun(f"There is no attack {unknown[0]!r}. --list names them.")
    wanted = {*plan.only, HAPPY_PATHS[0]} if plan.only else set(BY_NAME)
    return [attack for attack in ATTACKS if attack.name in wanted]


def _play_all(chosen: list[Attack], plan: Plan, site: Site, control: Control) -> Iterator[Result]:
    _check_patterns(plan, site, control)
    seen_paid = False
    for attack in chosen:
        if not seen_paid and attack.name not in HAPPY_PATHS:
            raise ProvesNothing(
                "No ordinary payment ever matched --paid-pattern, so nothing else would mean anything. Open the status "
                f"page of a paid order and compare it with {plan.paid_pattern!r}; see whether callbacks reach the site "
                "and its MID and key are the simulator's."
            )
        scene = Scene(site, control, plan)
        yield _play(attack, scene)
        seen_paid = seen_paid or scene.seen_paid
    if not seen_paid:
        raise ProvesNothing(
            f"No payment ever matched --paid-pattern {plan.paid_pattern!r}. Compare it with a paid order's page."
        )


def _check_patterns(plan: Plan, site: Site, control: Control) -> None:
    """An order that nobody has paid must look like one."""
    purchase = site.begin()
    look = site.look(purchase)
    purchase.session.close()
    if look.answer.status == 0 or look.answer.status >= 400:
        raise ProvesNothing(f"The status page {look.answer.url} answered {look.answer.said}. Check --status-url.")
    if look.belief is not Belief.OPEN or look.granted:
        which = "--granted-pattern" if look.belief is Belief.OPEN else f"--{look.belief}-pattern"
        raise ProvesNothing(f"{which} matches the page of an order that nobody has paid yet. Make it narrower.")


def _play(attack: Attack, scene: Scene) -> Result:
    began = time.monotonic()
    try:
        attack.play(scene)
    except NotPossible as error:
        return Result(attack, Verdict.NOT_RUN, why_not=str(error))
    finally:
        scene.close()
    worst = min(scene.findings, key=lambda finding: list(Kind).index(finding.kind), default=None)
    verdict = Verdict(worst.kind.value) if worst else Verdict.HELD
    return Result(attack, verdict, tuple(scene.findings), tuple(scene.trace), time.monotonic() - began)


def _explain_cut(report: Report, chosen: list[Attack]) -> None:
    for attack in chosen[len(report.results) :]:
        report.results.append(Result(attack, Verdict.NOT_RUN, why_not=report.cut_short))
