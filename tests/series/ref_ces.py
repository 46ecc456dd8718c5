"""Writes ref_ces.h: complex exponential smoothing by statsforecast on the series of ref_series.h, and the
recursions written as matrices.    python3 ref_ces.py > ref_ces.h"""
import re

import numpy as np
import statsforecast
from statsforecast.ces import auto_ces

text = open("ref_series.h").read()
cases = [(n, np.array([float(v) for v in re.search(r"r_%s\[\d+\] = \{([^}]*)\}" % n, text).group(1).split(",")]), m)
         for n, m in (("AirPassengers", 12), ("USAccDeaths", 12), ("Nile", 1), ("WWWusage", 1), ("LakeHuron", 1),
                      ("ldeaths", 12), ("UKgas", 4), ("lynx", 1), ("austres", 4))]
print("/* Written by ref_ces.py (statsforecast %s); do not edit. */\n" % statsforecast.__version__)
print("typedef struct ref_ces {\n    const char *series;\n    int form;\n    double squares; /* of the one-step errors */\n} ref_ces;\n")
print("static const ref_ces ref_ces_fits[] = {")
for name, y, m in cases:
    for form, letter in enumerate("NSPF"):
        if form and m == 1:
            continue
        fit = auto_ces(y, m=m, model=letter)
        print('    {"%s", %d, %.10g},' % (name, form, float(np.sum((y - fit["fitted"].ravel()) ** 2))))
print("};\n")

# full form as one matrix recursion: state (l, c, s_1, z_1, ..., s_m, z_m), s_1 acts next
a0, a1, b0, b1, m = 1.2, 0.9, 1.1, 0.95, 4
pair = lambda p, q: (np.array([[1, -(1 - q)], [1, 1 - p]]), np.array([p - q, p + q]))
A, g = pair(a0, a1)
B, k = pair(b0, b1)
y = np.array([10, 13, 9, 15, 11, 14, 10, 17, 12, 16, 11.])
x = np.array([10.0, 1.0] + [0.5, 0.1, -1, 0.2, 1.5, -0.3, 0.2, 0.4])
fitted = []
for v in list(y) + [None] * 6:
    f = x[0] + x[2]
    e = 0 if v is None else v - f
    fitted.append(f)
    x = np.concatenate([A @ x[:2] + g * e, x[4:], B @ x[2:4] + k * e])
fmt = lambda v: ", ".join("%.15g" % u for u in v)
print("static const double ref_ces_y[] = {%s};" % fmt(y))
print("static const double ref_ces_full[] = {%s};" % fmt(fitted))
