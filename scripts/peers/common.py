"""What both peers share: the data of the workloads, the command line, and timing.

The data are those of scripts/workloads/draw.lua to the last bit, drawn in the same
order, so that every system starts alike and what they compute can be compared.
"""
import argparse
import json
import math
import os
import sys
import time

import numpy as np


class Source:
    """Streams 1, 2, ... of numbers that look random: see draw.lua."""

    def __init__(self, dtype):
        self.dtype, self.stream = dtype, 0

    def between(self, shape, low, high):
        self.stream += 1
        i = np.arange(math.prod(shape), dtype=np.float64)
        mixed = self.wrap((i + 1) * 2654435761 + self.stream * 1013904223)
        top = np.floor(mixed / 65536)
        mixed = self.wrap(top * (mixed - 65536 * top) * 1540483 + mixed)
        return (mixed / 2**32 * (high - low) + low).reshape(shape)

    @staticmethod
    def wrap(x):
        return x - 2**32 * np.floor(x / 2**32)

    def values(self, *shape, std=1.0):
        edge = math.sqrt(3) * std
        return self.between(shape, -edge, edge).astype(self.dtype)

    def labels(self, shape, n):
        """Classes from 0."""
        return np.floor(self.between(shape, 0, n)).astype(np.int64)

    def constant(self, value, *shape):
        return np.full(shape, value, self.dtype)

    def linear(self, n_in, n_out, std=None):
        """Weights [in, out] and biases of 0."""
        std = 1 / math.sqrt(n_in) if std is None else std
        return self.values(n_in, n_out, std=std), self.constant(0, n_out)

    def dense(self, sizes):
        return [self.linear(m, n) for m, n in zip(sizes, sizes[1:])]


def arguments(modes):
    """--workload, --threads and --mode; binds the process to as many processors."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--mode", default=modes[0], choices=modes)
    given = parser.parse_args()
    processors = sorted(os.sched_getaffinity(0))[: given.threads]
    os.sched_setaffinity(0, processors)
    os.environ["OMP_NUM_THREADS"] = str(given.threads)
    return given


def karras(steps=32, low=0.002, high=80.0, rho=7):
    """The levels of noise, and a last one of 0."""
    i = np.arange(steps)
    levels = high ** (1 / rho) + i / (steps - 1) * (low ** (1 / rho) - high ** (1 / rho))
    return np.append(levels**rho, 0.0)


def say(**figures):
    print(json.dumps(figures), flush=True)


def serve(name, build, wait):
    """Runs a workload by request.

    build() gives a step and a function that makes a number of its result; wait(r)
    returns when r is there. The first line tells the first result and the seconds
    from the start of build(), the second the number after four steps. Then each line
    of the input is a number of seconds to run steps for, answered with the mean
    microseconds of a step and its processor time; an empty one ends it.
    """
    start = time.perf_counter()
    step, check = build()
    first = check(wait(step()))
    say(peer=name, first_s=time.perf_counter() - start, check=first)
    for _ in range(3):
        result = wait(step())
    begin = time.perf_counter()
    wait(step())
    one = time.perf_counter() - begin
    say(later=check(result))
    for line in iter(sys.stdin.readline, ""):
        if not line.strip():
            break
        count = max(1, min(100000, int(float(line) / one)))
        begin, processor = time.perf_counter(), time.process_time()
        for _ in range(count):
            result = step()
        wait(result)
        one = (time.perf_counter() - begin) / count
        say(us=one * 1e6, cpu_us=(time.process_time() - processor) / count * 1e6)
