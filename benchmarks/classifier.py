"""The classifier: how long training takes, how many calls a second one core judges, and what it weighs.

    python -m benchmarks.classifier [--calls 300]

Times are of this machine and this moment; the ratio is what counts. `floor`: the same texts, split into words by a
regular expression and counted. Both take texts of some 600 words, put together from conversations of the corpus.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from calltrack.classify.conversations import CORPUS, read_conversations
from calltrack.classify.judge import judge
from calltrack.classify.model import SHIPPED, shipped_model
from calltrack.classify.training import train
from calltrack.classify.verdict import CallFacts

WORDS = 600
ROUNDS = 5

_WORD = re.compile(r"[a-z']+")

# What a worker has loaded once it has judged a call, in a process of its own.
JUDGING = """
import calltrack.worker
from calltrack.classify.judge import judge
from calltrack.classify.model import shipped_model
from calltrack.classify.verdict import CallFacts
facts = CallFacts(turns=(), text="hi, my furnace is out, can you come today", duration=60, talk_seconds=50)
print(judge(call=facts, model=shipped_model()).label)
with open("/proc/self/statm") as statm:
    print(statm.read().split()[1])
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--calls", type=int, default=300)
    calls = long_calls(asked.parse_args().calls)
    print(f"\nClassifier, {len(calls)} calls of {WORDS} words on one core, median of {ROUNDS} rounds")
    with threadpool_limits(limits=1):
        model = shipped_model()
        judging, counting = in_turn(
            lambda: [judge(call=call, model=model) for call in calls],
            lambda: [Counter(_WORD.findall(call.text.lower())) for call in calls],
        )
    print(f"  {'judged':>24} {len(calls) / judging:10,.0f} calls/s")
    print(f"  {'floor: words counted':>24} {len(calls) / counting:10,.0f} calls/s ({judging / counting:.0f}x as long)")
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        card = train(corpus=CORPUS, out=Path(folder))
        took = time.perf_counter() - began
        print(f"  {'training from scratch':>24} {took:10.1f} s ({card.conversations:,} conversations)")
    sizes = {path.name: path.stat().st_size for path in sorted(SHIPPED.iterdir())}
    told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    print(f"  {'files':>24} {sum(sizes.values()):10,} bytes ({told})")
    print(f"  {'memory, one call judged':>24} {memory() / 2**20:10.0f} MB resident, the worker's modules loaded")


def long_calls(count: int) -> Sequence[CallFacts]:
    """Texts of WORDS words: the conversations one after another, cut where a call is full."""
    words = [
        word for one in read_conversations(corpus=CORPUS) for word in re.split(r"(?<=\s)", one.facts().text + "\n")
    ]
    starts = ((at * WORDS) % (len(words) - WORDS) for at in range(count))
    return [CallFacts(turns=(), text="".join(words[at : at + WORDS]), duration=240, talk_seconds=230) for at in starts]


def in_turn(*ways: Callable[[], object]) -> list[float]:
    """Median seconds of each way, the ways taking turns so that other work of the machine meets them alike."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, taken in zip(ways, seconds, strict=True):
            began = time.perf_counter()
            way()
            taken.append(time.perf_counter() - began)
    return [statistics.median(taken) for taken in seconds]


def memory() -> int:
    """Resident bytes of a process that has loaded the worker's modules and judged a call."""
    done = subprocess.run([sys.executable, "-c", JUDGING], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
