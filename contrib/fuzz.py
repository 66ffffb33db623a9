"""Random and torn inputs for what reads what others wrote: the daemon's socket, the envelope, the logs, and a whole
daemon. No crash, no hang, no line broken, and no message taken for another sender's.

`python contrib/fuzz.py [--target socket|envelope|logfmt|daemon ...] [--inputs N] [--seed S] [--jobs N] [--only N]`.
`--inputs` is shared out among the targets. Exits 1 where something is wrong, and says what runs it again.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fuzz.running import TARGETS, Outcome, begin

SHARES = {"socket": 0.4, "envelope": 0.3, "logfmt": 0.27, "daemon": 0.03}
"""Of the inputs. A whole daemon writes down what it is asked, and takes its time."""
IN_A_SESSION = "s-ada"


def main() -> int:
    args = _arguments()
    targets = args.target or list(TARGETS)
    if args.only is not None:
        begun = begin(targets[0], args.seed, 1, args.only, 1, _session(targets[0], args.only))
        return _tell(targets[0], args, [begun.outcome()])
    whole = sum(SHARES[each] for each in targets)
    codes = [_fuzz(each, args, round(args.inputs * SHARES[each] / whole)) for each in targets]
    return max(codes)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fuzz what reads what others wrote.")
    parser.add_argument("--target", choices=list(TARGETS), action="append", help="one of them; may be given again")
    parser.add_argument("--inputs", type=int, default=100_000, help="in all (100000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time, an even number")
    parser.add_argument("--only", type=int, metavar="N", help="the Nth input alone")
    return parser.parse_args()


def _fuzz(target: str, args: argparse.Namespace, inputs: int) -> int:
    jobs = 1 if target == "daemon" else 2 * ((args.jobs + 1) // 2)
    shares = [inputs // jobs + (nth < inputs % jobs) for nth in range(jobs)]
    begun = [begin(target, args.seed, shares[nth], nth, jobs, _session(target, nth)) for nth in range(jobs)]
    return _tell(target, args, [each.outcome() for each in begun])


def _session(target: str, number: int) -> str | None:
    """Of which every other client is a process."""
    return IN_A_SESSION if target == "socket" and number % 2 else None


def _tell(target: str, args: argparse.Namespace, outcomes: list[Outcome]) -> int:
    inputs, seconds = sum(each.inputs for each in outcomes), max(each.seconds for each in outcomes)
    worst_s, slowest = max((each.worst_s, each.slowest) for each in outcomes)
    faults = [fault for each in outcomes for fault in each.faults]
    rate = inputs / seconds if seconds else 0.0
    print(
        f"{target}: {inputs} inputs of seed {args.seed} in {seconds:.1f} s, {rate:.0f} a second; "
        f"the slowest took {worst_s * 1000:.1f} ms (number {slowest}); {len(faults)} faults",
        flush=True,
    )
    for fault in faults:
        number = fault.partition(":")[0]
        print(f"  {fault}\n  again: python contrib/fuzz.py --target {target} --seed {args.seed} --only {number}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
