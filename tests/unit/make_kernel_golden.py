#!/usr/bin/python3
"""Writes kernel_golden_order.inc beside itself: numpy's quantiles and medians of columns that the test draws alike.

Run by hand: /usr/bin/python3 tests/unit/make_kernel_golden.py. closest_observation is that of numpy 2.1 and later (at half
way the even order statistic).
"""
import os

import numpy as np
from numpy.lib import function_base

METHODS = ("linear inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull "
           "median_unbiased normal_unbiased lower higher midpoint nearest").split()
Q = np.array([0.0, 0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 0.999, 1.0])
TYPES = "f4 f8 i1 i4 i8 u2 u8".split()
LENGTHS = (1, 2, 3, 10, 50, 601)


def closest(n, q):
    return function_base._discret_interpolation_to_boundaries(
        n * q - 1.5, lambda gamma, index: (gamma == 0) & (np.floor(index) % 2 == 1))


def draw(code, n, kind):
    """As draw() of the test: a linear congruence, and what it is made into."""
    x = np.empty(n, dtype=np.uint32)
    state = n * 31 + kind * 7 + 1
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2 ** 32
        x[i] = state >> 8
    if code[0] != "f":
        return (x % 100 if kind == 0 else x).astype(code)
    y = (x % 1000).astype("f8") / 7 - 50 if kind == 0 else x.astype("f8") * 1e3 - 5e9
    return y.astype(code)


def bits(result):
    return ", ".join("0x%xu" % int(v) for v in np.asarray(result, dtype="f8").view("u8"))


def main():
    function_base._closest_observation = closest
    with np.errstate(all="ignore"), open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel_golden_order.inc"), "w") as f:
        f.write("/* Made by make_kernel_golden.py: dtype, length, kind of values, method (-1 median), results as float64. */\n")
        f.write("/* clang-format off */\n")
        for code in TYPES:
            for n in LENGTHS:
                kind = n % 2
                x = draw(code, n, kind)
                f.write("{AMA_%s, %d, %d, -1, {%s}},\n" % (code.upper(), n, kind, bits([np.median(x)])))
                for k, method in enumerate(METHODS):
                    r = np.quantile(x, Q, method=method)
                    f.write("{AMA_%s, %d, %d, %d, {%s}},\n" % (code.upper(), n, kind, k, bits(r)))


main()
