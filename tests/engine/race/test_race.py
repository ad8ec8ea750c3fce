"""A race: turns by examples, the bits of runs alone, failing members, and sentences on fairness."""

from __future__ import annotations

import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.engine.compute.batches import Batches
from app.engine.errors import UserError
from app.engine.learning.losses.l1 import L1
from app.engine.learning.losses.l2 import L2
from app.engine.race import race as racing
from app.engine.race.fairness import fairness
from app.engine.race.race import race, slice_of
from app.engine.race.ready_made import why_adam
from app.engine.race.turns import RaceControl, RaceMember, Turns
from app.engine.race.variants import (
    Variant,
    _names,
    differing_settings,
    peak_of_race,
    variants_of,
)
from app.engine.runs import events
from app.engine.runs.control import Control, Stopped
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from app.engine.training import build
from app.engine.training.trainer import train
from tests.engine.training.small import Listener, experiment, pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.engine.experiment.experiment import Experiment


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return pictures(tmp_path / "quarters.npz")


@pytest.fixture
def base(source: Path) -> Experiment:
    return experiment(source)


def variants(*experiments: Experiment) -> tuple[Variant, ...]:
    return variants_of(experiments, open_dataset(experiments[0].data).description)


def with_optimizer(base: Experiment, kind: str, **changes: Any) -> Experiment:
    return base.replace(optimizer={"kind": kind, **changes})


def events_of_member(listener: Listener, member: int, kind: type) -> list[Any]:
    return [
        member_event.event
        for member_event in listener.of(events.MemberEvent)
        if member_event.member == member and isinstance(member_event.event, kind)
    ]


def run_of(listener: Listener, member: int) -> Run:
    return Run(Path(events_of_member(listener, member, events.RunStarted)[0].run))


def run_race(tmp_path: Path, *experiments: Experiment) -> tuple[Listener, RaceControl]:
    """Runs a race from beginning to end."""
    listener = Listener()
    control = RaceControl(len(experiments))
    race(variants(*experiments), tmp_path / "race", listener, control)

    return listener, control


# --- bits


def test_every_variant_has_the_bits_it_has_alone(tmp_path: Path, base: Experiment) -> None:
    four = [
        base,
        with_optimizer(base, "sgd", learning_rate=0.05),
        base.replace(training=base.training.replace(batch_size=24)),
        base.replace(training=base.training.replace(batch_size=8, accumulation=2, seed=3)),
    ]
    listener, _ = run_race(tmp_path, *four)
    for number, alone in enumerate(four):
        run = Run.create(tmp_path / "alone", alone)
        assert train(alone, run, Listener(), Control()).status == "completed"
        mine = run_of(listener, number)
        assert mine.status == "completed"
        assert mine.summary()["weights_sha256"] == run.summary()["weights_sha256"]
        assert mine.summary()["loss"] == run.summary()["loss"]

    assert listener.events[-1] == events.RunFinished(
        "", "completed", "4 of 4 variants trained to the end.", {}, None
    )


def test_all_begin_with_the_same_weights_and_see_the_same_batches(
    tmp_path: Path, base: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_weights: dict[str, torch.Tensor] = {}
    batches_of_thread: dict[str, list[torch.Tensor]] = {}
    assemble = build.assemble
    get = Batches.get

    def note_weights(plan: Any) -> Any:
        state = assemble(plan)
        flat = torch.cat([parameter.detach().flatten() for parameter in state.network.parameters()])
        first_weights.setdefault(threading.current_thread().name, flat)

        return state

    def note_batch(self: Batches, number: int) -> Any:
        inputs, targets = get(self, number)
        batches_of_thread.setdefault(threading.current_thread().name, []).append(inputs.clone())
        return inputs, targets

    monkeypatch.setattr(build, "assemble", note_weights)
    monkeypatch.setattr(Batches, "get", note_batch)
    run_race(
        tmp_path,
        base,
        with_optimizer(base, "sgd"),
        with_optimizer(base, "adam", learning_rate=0.01),
    )

    first, *others = first_weights.values()
    assert len(others) == 2 and all(torch.equal(first, other) for other in others)
    batches, *more = batches_of_thread.values()
    assert len(more) == 2
    assert all(
        len(other_batches) == len(batches) and all(map(torch.equal, other_batches, batches))
        for other_batches in more
    )


# --- turns


def test_none_is_ahead_by_more_than_a_slice_and_only_one_computes(
    tmp_path: Path, base: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = variants(
        base,
        with_optimizer(base, "sgd"),
        base.replace(training=base.training.replace(batch_size=7)),
    )
    slice = slice_of(three, 72)
    examples_of_member = {}
    ahead = []
    inside = []

    step = Turns.step

    def watch(self: Turns, member: int, examples: int) -> float:
        inside.remove(member) if member in inside else None
        examples_of_member[member] = examples
        if len(examples_of_member) == 3 and len(self._seen) == 3:
            ahead.append(max(examples_of_member.values()) - min(examples_of_member.values()))

        waited = step(self, member, examples)
        assert not inside, "two compute at once"
        inside.append(member)

        return waited

    monkeypatch.setattr(Turns, "step", watch)
    leave = Turns.leave
    monkeypatch.setattr(Turns, "leave", lambda self, member: (inside.clear(), leave(self, member)))
    listener = Listener()
    control = RaceControl(3)
    race(three, tmp_path / "race", listener, control)
    assert slice == 16
    assert len(ahead) > 10 and max(ahead) <= slice + 16
    assert not any(thread.name.startswith("race ") for thread in threading.enumerate())


def test_the_turn_goes_to_the_one_that_is_behind_and_past_those_that_left() -> None:
    turns = Turns(3, slice=10)
    order = []

    def work(member: int, steps: int, size: int) -> None:
        turns.take(member)
        for number in range(steps):
            turns.step(member, number * size)
            order.append(member)

        turns.leave(member)

    threads = [
        threading.Thread(target=work, args=arguments)
        for arguments in ((0, 4, 10), (1, 2, 5), (2, 3, 10))
    ]
    for thread in threads:
        thread.start()

    for thread in threads:
        thread.join()

    assert order == [2, 0, 1, 1, 0, 2, 2, 0, 0]


def test_waiting_for_others_is_none_of_a_runs_own_time(tmp_path: Path, base: Experiment) -> None:
    begun = time.perf_counter()
    listener, _ = run_race(
        tmp_path, base, with_optimizer(base, "sgd"), with_optimizer(base, "adam")
    )
    whole = time.perf_counter() - begun
    summaries = [run_of(listener, number).summary() for number in range(3)]

    assert (
        sum(summary["seconds"] for summary in summaries) <= whole
    )  # three that each count the whole would be more
    assert all(summary["examples_per_second"] > 0 for summary in summaries)


# --- ends


def test_one_that_diverges_leaves_the_others_to_run(tmp_path: Path, base: Experiment) -> None:
    wild = with_optimizer(base, "sgd", learning_rate=100.0, weight_decay=10.0)
    wild = wild.replace(schedule={"kind": "constant"}, training=wild.training.replace(epochs=30))
    listener, _ = run_race(tmp_path, wild, base)
    assert run_of(listener, 0).status == "diverged"
    assert run_of(listener, 1).status == "completed"

    end = listener.events[-1]
    assert end.status == "completed" and "1 of 2" in end.reason and "diverged" in end.reason


def test_one_that_fails_leaves_the_others_to_run(
    tmp_path: Path, base: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.engine.learning.optimizers.sgd import SGD

    def fail(*_: object) -> None:
        raise RuntimeError("no such optimizer here")

    monkeypatch.setattr(SGD, "for_network", fail)
    before = warnings.showwarning
    listener, _ = run_race(tmp_path, base, with_optimizer(base, "sgd"))
    assert [run_of(listener, number).status for number in range(2)] == ["completed", "failed"]
    assert events_of_member(listener, 1, events.RunFinished)[0].failure is not None
    assert warnings.showwarning is before

    listener, _ = run_race(
        tmp_path / "all",
        with_optimizer(base, "sgd"),
        with_optimizer(base, "sgd", learning_rate=0.2),
    )
    assert listener.events[-1].status == "failed" and listener.events[-1].failure is not None


def test_a_listener_that_fails_holds_nobody_up(tmp_path: Path, base: Experiment) -> None:
    two = variants(base, with_optimizer(base, "sgd"))
    ends = []

    def listen(event: events.Event) -> None:
        if (
            isinstance(event, events.MemberEvent)
            and event.member == 0
            and isinstance(event.event, events.RunStarted)
        ):
            raise ValueError("nobody listens")
        if isinstance(event, events.MemberEvent) and isinstance(event.event, events.RunFinished):
            ends.append((event.member, event.event.status))

    race(two, tmp_path / "race", listen, RaceControl(2))
    assert sorted(ends) == [(0, "failed"), (1, "completed")]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_stop_ends_all_and_each_can_go_on(
    tmp_path: Path, base: Experiment, at_once: bool
) -> None:
    long = base.replace(training=base.training.replace(epochs=500))
    control = RaceControl(2)
    listener = Listener()

    members = set()

    def listen(event: events.Event) -> None:
        listener(event)
        if isinstance(event, events.MemberEvent) and isinstance(event.event, events.EpochDone):
            members.add(event.member)
            if len(members) == 2:
                control.stop(at_once)

    race(variants(long, with_optimizer(long, "sgd")), tmp_path / "race", listen, control)
    assert [run_of(listener, number).status for number in range(2)] == ["stopped", "stopped"]
    assert listener.events[-1].status == "stopped"

    for number in range(2):
        run = run_of(listener, number)
        assert ("validation" in run.summary()["metrics"]) and run.best_folder is not None
        assert any((run.path / "checkpoints").glob("*/manifest.json"))


def test_a_stop_before_the_first_run_leaves_nothing(tmp_path: Path, base: Experiment) -> None:
    control = RaceControl(2)
    control.stop()

    with pytest.raises(Stopped):
        race(variants(base, with_optimizer(base, "sgd")), tmp_path / "race", Listener(), control)

    assert not (tmp_path / "race").exists()


def test_a_pause_holds_all_until_it_is_over(tmp_path: Path, base: Experiment) -> None:
    control = RaceControl(2)
    listener = Listener()

    paused = threading.Event()

    def listen(event: events.Event) -> None:
        listener(event)
        if isinstance(event, events.MemberEvent):
            if isinstance(event.event, events.StepsDone) and not paused.is_set():
                control.pause()
            elif isinstance(event.event, events.Paused):
                paused.set()

    work = threading.Thread(
        target=race,
        args=(variants(base, with_optimizer(base, "sgd")), tmp_path / "race", listen, control),
    )
    work.start()
    assert paused.wait(60)
    assert work.is_alive()

    control.resume()
    work.join(60)
    assert [run_of(listener, number).status for number in range(2)] == ["completed", "completed"]

    member_events = listener.of(events.MemberEvent)
    (at,) = [
        number
        for number, member_event in enumerate(member_events)
        if isinstance(member_event.event, events.Paused)
    ]
    # The member that holds the turn waits, and so do the others: the next event is that it resumes.
    assert member_events[at + 1] == events.MemberEvent(
        member_events[at].member, events.Resumed(member_events[at].event.step)
    )


def test_changes_and_watching_go_to_the_member_shown() -> None:
    control = RaceControl(3)
    control.shown_member = 1
    control.watching = True
    control.change(learning_rate_factor=0.5)

    assert [member.watching for member in control.members] == [False, True, False]
    assert [member.has_changes for member in control.members] == [False, True, False]
    assert control.members[1].take_changes() == {"learning_rate_factor": 0.5}

    member: RaceMember = control.members[2]
    member.stop()
    assert member.stopping and not member.stopping_at_once and not control.members[0].stopping


# --- words


def test_variants_are_called_by_what_sets_them_apart(base: Experiment) -> None:
    three = variants(
        with_optimizer(base, "adamw", learning_rate=0.001),
        with_optimizer(base, "adamw", learning_rate=0.01),
        with_optimizer(base, "sgd"),
    )
    assert [item.name for item in three] == [
        "AdamW, learning rate 0.001",
        "AdamW, learning rate 0.01",
        "SGD",
    ]

    assert three[2].experiment.name == "small, SGD"
    labels = [(item.label, item.texts) for item in differing_settings(three)]
    assert labels[0] == ("Optimizer", ("AdamW", "AdamW", "SGD"))
    assert ("Learning rate", ("0.001", "0.01", "0.1")) in labels
    assert ("Beta 1 (first moment)", ("0.9", "0.9", "–")) in labels


def test_a_variant_is_called_shortly(base: Experiment) -> None:
    """Names stand in legends and narrow columns, so they leave out the explanation of a label."""
    two = variants(base, with_optimizer(base, "sgd"))
    called = _names(
        [variant.resolved.replace(loss=loss()) for variant, loss in zip(two, (L1, L2), strict=True)]
    )
    assert [name.split(",")[0] for name in called] == ["L1", "L2"]


def test_networks_are_said_to_have_learning_rates_of_their_own(base: Experiment) -> None:
    open_rate = base.replace(optimizer=None)
    two = variants(open_rate, open_rate.replace(model={"template": "vit"}))
    description = open_dataset(base.data).description
    texts = [fact.text for fact in fairness(two, description) if not fact.same]

    assert any("Each network has a learning rate of its own" in text for text in texts)
    same = [
        variant.experiment.replace(optimizer={"kind": "adamw", "learning_rate": 0.001})
        for variant in two
    ]

    assert not any("learning rate" in fact.text for fact in fairness(variants(*same), description))
    assert [variant.name for variant in two] == ["Small CNN", "Vision transformer"]


def test_variants_that_cannot_race_are_refused(base: Experiment) -> None:
    with pytest.raises(UserError, match="2 to 4 variants"):
        variants(base)

    with pytest.raises(UserError, match="Variants 1 and 2 are the same"):
        variants(base, base.replace(name="another name"))

    other = base.replace(data=base.data.replace(validation_share=0.3))
    with pytest.raises(UserError, match="the same data"):
        variants(base, other)

    with pytest.raises(UserError, match="Variant 2"):
        variants(base, base.replace(loss={"kind": "l1"}))


def facts(*experiments: Experiment) -> Iterator[tuple[bool, str]]:
    description = open_dataset(experiments[0].data).description
    return (
        (fact.same, fact.text)
        for fact in fairness(variants_of(experiments, description), description)
    )


def test_what_is_equal_and_what_differs_is_listed(base: Experiment) -> None:
    training = base.training
    same_by_text = {text: same for same, text in facts(base, with_optimizer(base, "sgd"))}
    assert same_by_text["All begin with the same weights, number by number."] is True
    batches = "All see the same batches of pictures in the same order, varied alike."
    assert same_by_text[batches] is True

    assert any(
        "learning rate of its own" in text and not same for text, same in same_by_text.items()
    )
    differences = [
        text
        for same, text in facts(base, base.replace(training=training.replace(batch_size=64)))
        if not same
    ]

    assert differences == [
        "Batches of 16 and 64: the same order of pictures, cut and varied differently."
    ]
    differences = [
        text
        for same, text in facts(
            base, base.replace(training=training.replace(batch_size=8, accumulation=2))
        )
        if not same
    ]

    assert differences == []  # the step learns from as many
    differences = [
        text
        for same, text in facts(base, base.replace(training=training.replace(seed=1)))
        if not same
    ]

    assert (
        len(differences) == 2
        and "seeds differ" in differences[0]
        and "order of its own" in differences[1]
    )
    differences = [
        text for same, text in facts(base, base.replace(model={"template": "resnet"})) if not same
    ]
    assert any("networks differ" in text for text in differences)

    differences = [
        text
        for same, text in facts(
            base, base.replace(loss={"kind": "cross-entropy", "label_smoothing": 0.2})
        )
        if not same
    ]
    assert len(differences) == 1 and "losses differ" in differences[0]
    differences = [
        text
        for same, text in facts(base, base.replace(training=training.replace(epochs=3)))
        if not same
    ]

    assert len(differences) == 1 and "epochs" in differences[0]


def test_the_ready_made_race_gives_each_its_usual_rate(base: Experiment) -> None:
    description = open_dataset(base.data).description
    four = why_adam(base, description)
    labels = ["SGD", "SGD with momentum", "Adam", "AdamW"]
    assert [experiment.optimizer.label for experiment in four] == labels

    proposed = variants(base, with_optimizer(base, "sgd"))[0].resolved.optimizer.learning_rate
    rates = [experiment.optimizer.learning_rate for experiment in four]
    assert rates == [0.1, 0.05, proposed, proposed]
    assert [variant.name for variant in variants(*four)] == labels
    assert all(
        experiment.replace(optimizer=None) == base.replace(optimizer=None) for experiment in four
    )


def test_memory_together_counts_shared_data_once_and_one_passing_at_a_time() -> None:
    first = {
        "weights": 10,
        "gradients": 10,
        "first_moment": 20,
        "activations": 100,
        "data": 55,
        "peak": 195,
    }
    second = {"weights": 10, "gradients": 10, "activations": 60, "data": 55, "peak": 135}
    assert peak_of_race([first], 50) == 195
    assert peak_of_race([first, second], 50) == (195 - 100 - 50) + (135 - 60 - 50) + 100 + 50
    assert peak_of_race([first, {}], 50) is None


def test_the_data_are_opened_once(
    tmp_path: Path, base: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    real = racing.open_dataset
    monkeypatch.setattr(
        racing, "open_dataset", lambda *arguments: opened.append(1) or real(*arguments)
    )
    monkeypatch.setattr(
        "app.engine.training.plan.open_dataset", lambda *_: pytest.fail("opened again")
    )
    short = base.replace(training=base.training.replace(epochs=1))
    run_race(tmp_path, short, with_optimizer(short, "sgd"))

    assert opened == [1]
