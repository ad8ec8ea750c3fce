"""Prints figures on speed, memory and what the built-in data sets reach.

`python -m tests.bench [speed]` prints ratios of speed, each a median of interleaved pairs;
`tables`, `language` and `pairs` train the built-in data sets and print what they reach beside
others, and `trees` many tables beside scikit-learn's trees. `optimizers` counts floats per
parameter on live state. `memory` sets the ledger beside what the allocator reports, for every
template with every optimizer. `inside` prints what measuring the optimizer costs, and what decay
does to the length of weights. `race` prints what taking turns costs. `weights` proves that no
result changed since another version. `soak` uses the window at random for as long as wanted, and
prints how late its events come and whether its memory grows. `reactions` prints what each thing
that a person does costs the window's thread, `first-curve` what other work does to the time from
Train to the first point of the curve, `history` what reading the steps of a long run costs. `graph`
renews all numbers of 300 blocks after a change of one. `code` trains networks written by `netwright
code` beside the program's own, `first-start` prints what a later start costs beside an empty
window. `whole-training` trains the built-in digits from the command line beside a bare script, and
`small-steps` prints what a step of a small network costs beside another version, `together` what
one of 32 that train together does. `search` sets a search with TPE beside random trials, and
`reading` prints what a large table, many pictures and a long text cost beside the least that they
could. `runs` prints what a run costs in a process of its own, and what is left of many. `export`
exports every template in every format, and prints what changed and how fast the files answer.
`set-up` prints what the first start takes from a clone to a trained network, beside pip and the
training alone. `report` prints what a report of a large run costs, `compare` what comparing 50 long
runs does. `promise` sets what is promised before a training beside what comes, and records the
curves for it. `recipes` sets recipes of templates beside those of before, in figures and processor
time. `predict` predicts many pictures beside a bare loop and a large table in little memory, and
`serve` prints what a request to the local service costs. `outputs` prints what it costs to see what
comes out of every block, `looking-back` what the epochs of a run cost to keep, to open and to move
through. `canvas` prints what a frame and a gesture cost with 300 blocks in sight. `suspects` prints
what margins cost a training, and how long suspects of 100,000 examples take, `panels` how long each
look at the results of as many. `gpu` measures in eight minutes what only a GPU can show. `machines`
sets two processes beside one, and trains the same wherever a run can be trained. `allocator` prints
what a training gains because it keeps what a step frees.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.bench import (
    allocator,
    beside_trees,
    code,
    detached,
    export,
    first_start,
    gpu,
    graph,
    history,
    inside,
    language,
    machines,
    memory,
    optimizers,
    outputs,
    pairs,
    predict,
    promise,
    race,
    reading,
    recipes,
    report,
    search,
    serve,
    set_up,
    small_steps,
    soak,
    speed,
    suspects,
    tables,
    together,
    weights,
    whole_training,
)

USUAL = {
    "speed": (["resnet", "cnn", "vit"], 21),
    "inside": (["resnet", "cnn"], 11),
    "outputs": (["resnet", "cnn"], 11),
    "looking-back": ([], 5),
    "race": (["cnn"], 3),
    "first-curve": ([], 7),
    "history": ([], 7),
    "code": ([], 101),
    "first-start": ([], 9),
    "whole-training": ([], 5),
    "small-steps": ([], 5),
    "together": ([], 3),
    "reading": ([], 5),
    "runs": (["cnn"], 9),
    "set-up": ([], 1),
    "predict": ([], 3),
    "canvas": ([], 60),
    "suspects": ([], 7),
    "machines": (["resnet"], 3),
    "allocator": (["resnet"], 5),
    "gpu": (["resnet", "vit", "gpt"], 11),
}
"""Templates and pairs where none are named: a few minutes each."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    kinds = (
        "speed",
        "tables",
        "trees",
        "language",
        "pairs",
        "optimizers",
        "memory",
        "inside",
        "outputs",
        "looking-back",
        "race",
        "weights",
        "soak",
        "reactions",
        "first-curve",
        "history",
        "graph",
        "code",
        "first-start",
        "whole-training",
        "small-steps",
        "together",
        "search",
        "reading",
        "runs",
        "export",
        "set-up",
        "report",
        "compare",
        "predict",
        "promise",
        "recipes",
        "serve",
        "canvas",
        "suspects",
        "panels",
        "machines",
        "allocator",
        "gpu",
    )

    parser.add_argument("what", nargs="?", default="speed", choices=kinds)
    parser.add_argument("--template", nargs="+", help="speed, inside, race, export: templates")
    parser.add_argument("--format", nargs="+", default=[], help="export: formats to try")
    parser.add_argument("--large", action="store_true", help="export: only the large network")
    parser.add_argument(
        "--pairs", type=int, help="speed, inside, race, code: pairs of turns for each figure"
    )
    parser.add_argument(
        "--seeds", type=int, default=5, help="tables, trees: splits for each figure"
    )
    parser.add_argument(
        "--processor-time", action="store_true", help="for a busy machine: one thread, its own time"
    )
    parser.add_argument(
        "--against", default=weights.BASELINE, help="weights: the earlier version, a git revision"
    )
    parser.add_argument("--minutes", type=float, default=40.0, help="soak: how long")
    parser.add_argument("--seed", type=int, default=0, help="soak: of what is done at random")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        help="reading, predict: of table, pictures, text, some; promise, recipes, trees: data",
    )
    parser.add_argument("--record", action="store_true", help="promise: write the curves anew")
    parser.add_argument(
        "--times", type=int, default=5, help="reactions, runs: how often each is done"
    )
    parser.add_argument("--steps", type=int, default=0, help="gpu: of a turn; 0 for a second")
    arguments = parser.parse_args()
    templates, pairs_ = USUAL.get(arguments.what, ([], 0))
    arguments.template = arguments.template or templates

    arguments.pairs = arguments.pairs or pairs_
    if arguments.what == "tables":
        tables.main(arguments.seeds)
    elif arguments.what == "trees":
        sys.exit(beside_trees.main(arguments.seeds, arguments.only))
    elif arguments.what == "language":
        language.main()
    elif arguments.what == "pairs":
        pairs.main()
    elif arguments.what == "graph":
        graph.main()
    elif arguments.what == "code":
        code.main(arguments.pairs)
    elif arguments.what == "export":
        sys.exit(export.main(arguments.template, arguments.format, arguments.large))
    elif arguments.what == "optimizers":
        optimizers.main()
    elif arguments.what == "memory":
        sys.exit(memory.main())
    elif arguments.what == "allocator":
        sys.exit(allocator.main(arguments.template, arguments.pairs))
    elif arguments.what == "machines":
        sys.exit(machines.main(arguments.template, arguments.pairs))
    elif arguments.what == "gpu":
        sys.exit(gpu.main(arguments.template, arguments.pairs, arguments.steps))
    elif arguments.what == "history":
        history.main(arguments.pairs)
    elif arguments.what == "predict":
        sys.exit(predict.main(arguments.pairs, arguments.only))
    elif arguments.what == "recipes":
        sys.exit(recipes.main(arguments.only))
    elif arguments.what == "promise":
        sys.exit(promise.main(arguments.only, arguments.record))
    elif arguments.what == "serve":
        sys.exit(serve.main())
    elif arguments.what == "reading":
        reading.main(arguments.pairs, arguments.only)
    elif arguments.what == "weights":
        sys.exit(weights.main(arguments.against))
    elif arguments.what == "report":
        sys.exit(report.main())
    elif arguments.what == "compare":
        draw_offscreen()
        from tests.bench import compare

        sys.exit(compare.main())
    elif arguments.what == "soak":
        sys.exit(soak.main(arguments.minutes, arguments.seed))
    elif arguments.what == "reactions":
        draw_offscreen()
        from tests.bench import reactions

        reactions.main(arguments.times)
    elif arguments.what == "first-curve":
        draw_offscreen()
        from tests.bench import first_curve

        sys.exit(first_curve.main(arguments.pairs))
    elif arguments.what == "runs":
        codes = [detached.main(template, arguments.pairs) for template in arguments.template]
        sys.exit(max(*codes, detached.rounds(arguments.times)))
    elif arguments.what == "first-start":
        sys.exit(first_start.main(arguments.pairs))
    elif arguments.what == "set-up":
        sys.exit(set_up.main(arguments.pairs))
    elif arguments.what == "whole-training":
        sys.exit(whole_training.main(arguments.pairs))
    elif arguments.what == "small-steps":
        sys.exit(small_steps.main(arguments.pairs, arguments.against))
    elif arguments.what == "together":
        sys.exit(together.main(arguments.pairs, arguments.against))
    elif arguments.what == "search":
        sys.exit(search.main(arguments.seeds))
    elif arguments.what == "canvas":
        draw_offscreen()
        from tests.bench import canvas

        sys.exit(canvas.main(arguments.pairs))
    elif arguments.what == "suspects":
        sys.exit(suspects.main(arguments.pairs))
    elif arguments.what == "panels":
        draw_offscreen()
        from tests.bench import panels

        sys.exit(panels.main(arguments.processor_time))
    elif arguments.what == "inside":
        draw_offscreen()
        inside.main(arguments.template, arguments.pairs, arguments.processor_time)
    elif arguments.what == "outputs":
        draw_offscreen()
        outputs.main(arguments.template, arguments.pairs, arguments.processor_time)
    elif arguments.what == "looking-back":
        draw_offscreen()
        from tests.bench import looking_back

        sys.exit(looking_back.main(arguments.pairs, arguments.processor_time))
    elif arguments.what == "race":
        for template in arguments.template:
            race.main(template, arguments.pairs, arguments.processor_time)
    else:
        speeds(arguments)


def speeds(arguments: argparse.Namespace) -> None:
    if arguments.processor_time:
        speed.clock = time.thread_time

    for template in arguments.template:
        print(speed.against_bare_loop(template, pairs=arguments.pairs), flush=True)

    if not arguments.processor_time:
        beside_a_window(arguments.template[0], arguments.pairs)

    print(speed.against_decoding_loop(pairs=max(3, arguments.pairs // 3)), flush=True)


def beside_a_window(template: str, pairs: int) -> None:
    """Prints what the window costs."""
    draw_offscreen()
    from tests.bench import window

    print(window.against_bare_loop(template, pairs), flush=True)
    print(window.heartbeat(template=template), flush=True)
    print(window.start(), flush=True)


def draw_offscreen() -> None:
    """Lets Qt draw in memory where there is no display."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


if __name__ == "__main__":
    main()
