"""The bar pointer's compiled loops: what beats bring, the best chains forwards, and one backwards.

Scores are float32 of shape (meter, lengths, frames): time is last, so that the innermost loops run
over neighbouring frames and become SIMD code. They do only where they index slices from 0 (an index
that might be negative would have to be checked) and where their length is no constant (or they are
unrolled first). Arrays come from outside: making and filling them takes seconds to compile.
"""

from __future__ import annotations

import numpy as np

from clavilux.compiled import kernel

NEVER = np.float32(-1e30)
TILE = 2048
"""Frames whose gains are summed at once: they stay in the fastest cache."""


@kernel
def sum_edges(levels, steps, gains, before):
    """Fill gains (n, frames), from frame `before` + 1 on, with the running sums of the steps.

    levels: (T, curves). steps: (curves, LEVELS, n), what each level of each curve adds.
    """
    total = np.zeros(steps.shape[2])
    for t in range(levels.shape[0]):
        for f in range(levels.shape[1]):
            row = steps[f, levels[t, f]]
            for i in range(len(total)):
                total[i] += row[i]
        for i in range(len(total)):
            gains[i, before + t + 1] = total[i]


@kernel
def fill_alone(best, gains, edges, prior, before):
    """Set best[p, d, t] to what a beat that ends at t brings, whatever came before.

    gains: (edges, meter, before + frames): what a beat gains from its k-th edge at a frame. edges:
    (lengths, edges), in frames from the beat's start.
    """
    parts = edges.shape[1]
    longest = edges[-1, parts - 1] - edges[-1, 0]
    frames = best.shape[2] - longest
    for p in range(best.shape[0]):
        for first in range(0, frames, TILE):
            many = min(TILE, frames - first)
            for d in range(best.shape[1]):
                end = first + edges[d, parts - 1] - edges[d, 0]
                sums = best[p, d, end : end + many]
                for i in range(many):
                    sums[i] = prior[d]
                for k in range(parts):
                    at = before + first + edges[d, k]
                    gain = gains[k, p, at : at + many]
                    for i in range(many):
                        sums[i] += gain[i]


@kernel
def forward(best, shortest, steps, free, jump_cost, reset_cost, floor, held, enter):
    """Add to best[p, d, t] the score of the best chain up to where that beat starts.

    Lengths are d + shortest; steps: (lengths, reach + 1), the cost of a change by so many frames;
    before frame `free` a chain may start anywhere. floor (meter * shortest,), held (lengths
    + 2 reach, meter * shortest), all NEVER, and enter, like floor, are room to work in.

    Works on blocks of as many frames as the shortest beat has: beats that start inside a block end
    after it, so all of a block can be done at once.
    """
    meter, count = best.shape[0], best.shape[1]
    block, reach = shortest, steps.shape[1] - 1
    for first in range(0, best.shape[2] - count - shortest + 1, block):
        for p in range(meter):
            for d in range(count):
                now, copy = best[p - 1, d, first : first + block], held[reach + d, p * block :]
                for i in range(block):
                    copy[i] = now[i]
        _anywhere(held, block, floor, jump_cost, reset_cost, free - first)
        for d in range(count):
            same = held[reach + d]
            for i in range(len(enter)):
                enter[i] = max(floor[i], same[i] - steps[d, 0])
            for r in range(1, reach + 1):
                cost = steps[d, r]
                shorter, longer = held[reach + d - r], held[reach + d + r]
                for i in range(len(enter)):
                    enter[i] = max(enter[i], max(shorter[i], longer[i]) - cost)
            end = first + d + shortest
            for p in range(meter):
                ends, entered = best[p, d, end : end + block], enter[p * block :]
                for i in range(block):
                    ends[i] += entered[i]


@kernel
def _anywhere(held, block, floor, jump_cost, reset_cost, free):
    """Set floor to the best score to enter each position with, whatever the tempo before.

    held: (lengths, meter * block) scores of the position before, and floor alike.
    """
    for i in range(len(floor)):
        floor[i] = NEVER
    for d in range(held.shape[0]):
        row = held[d]
        for i in range(len(floor)):
            floor[i] = max(floor[i], row[i])
    for i in range(block):
        top = NEVER
        for j in range(i, len(floor), block):
            top = max(top, floor[j])
        for j in range(i, len(floor), block):
            floor[j] = max(floor[j] - jump_cost, top - reset_cost)
            if i < free:
                floor[j] = max(floor[j], np.float32(0))


@kernel
def backward(best, shortest, steps, free, jump_cost, reset_cost, position, length, chain, scores):
    """Fill the ends of chain (n, 3), start frame, length and position, and of scores (n,).

    The chain is the one that ends at chain[-1, 0], with this length less `shortest` and position;
    returns the index of its first beat. Where each beat came from is found again from the scores:
    that is cheaper than keeping it.
    """
    meter, count = best.shape[0], best.shape[1]
    reach = steps.shape[1] - 1
    p, d, t = position, length, chain[-1, 0]
    number = len(chain)
    while True:
        number -= 1
        scores[number] = best[p, d, t]
        t -= d + shortest
        chain[number, 0], chain[number, 1], chain[number, 2] = t, d + shortest, p
        if t <= 0 or number == 0:
            break
        before = p - 1 if p > 0 else meter - 1
        value = np.float32(0) if t < free else NEVER
        next_p, next_d = -1, -1
        for q in range(meter):
            for e in range(count):
                candidate = best[q, e, t] - reset_cost
                if q == before:
                    candidate = max(candidate, best[q, e, t] - jump_cost)
                    if abs(e - d) <= reach:
                        candidate = max(candidate, best[q, e, t] - steps[d, abs(e - d)])
                if candidate > value:
                    value, next_p, next_d = candidate, q, e
        if next_p < 0:
            break
        p, d = next_p, next_d
    return number
