"""What a common shock can do to many deals of chance w: writes ref_shocks.h.

The shock c = exp(m + s z) turns w into R = 1 - (1 - w)^c. For the widest s (5) m is found by Brent's
method so that E R = w; printed is sd R / w, the most that can be reached, beside the asked
sqrt(exp(sd^2) - 1). Integrals by scipy's adaptive quadrature."""

import math
import sys

from scipy.integrate import quad
from scipy.optimize import brentq

WIDEST = 5.0


def moment(w, m, s, power):
    def inner(z):
        c = math.exp(m + s * z)
        return (1 - (1 - w) ** c) ** power * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    return quad(inner, -9, 9, limit=500, points=[-m / s] if abs(m / s) < 9 else None)[0]


def most(w):
    m = brentq(lambda m: moment(w, m, WIDEST, 1) - w, -30, 30, xtol=1e-10)
    return math.sqrt(moment(w, m, WIDEST, 2) - w * w) / w


out = ["/* Written by ref_shocks.py: chance, sd asked for, spread asked for, most that can be had. */"]
out += ["static const double REF_SHOCKS[][4] = {"]
for w in (0.02, 0.1, 0.3, 0.6, 0.9):
    top = most(w)
    for sd in (0.25, 0.5, 0.75, 1.0, 1.5):
        out.append("    {%g, %g, %.9f, %.9f}," % (w, sd, math.sqrt(math.expm1(sd * sd)), top))
out.append("};")
open(sys.argv[1], "w").write("\n".join(out) + "\n")
