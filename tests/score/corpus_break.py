#!/usr/bin/env python3
"""Writes corpus/broken-*.json from the sound model files beside them: one damage each."""
import copy
import json
import pathlib

here = pathlib.Path(__file__).parent / "corpus"
sound = {name: json.loads((here / f"{name}.json").read_text()) for name in ("logistic", "additive", "elastic-net", "trees", "svm")}


def write(tag, base, change):
    model = copy.deepcopy(sound[base])
    change(model)
    (here / f"broken-{tag}.json").write_text(json.dumps(model))


def put(*path_and_value):
    *path, last, value = path_and_value

    def change(model):
        for key in path:
            model = model[key]
        model[last] = value
    return change


write("format", "logistic", put("format", "other"))
write("version", "logistic", put("version", 99))
write("learner", "logistic", put("learner", "oracle"))
write("columns", "logistic", put("columns", 4))
write("columns-huge", "trees", put("columns", 10**18))
write("level", "logistic", put("level", 1.0))
write("design-scale", "logistic", put("design", "scale", [0] * len(sound["logistic"]["design"]["scale"])))
write("design-source", "logistic", put("design", "source", 0, 17))
write("design-width", "svm", put("design", "width", 10**15))
write("knot-outside", "additive", put("design", "knots", 0, 1, 1e6))
write("knot-nowhere", "additive", put("design", "knots", 0, 0, 99))
write("beta-null", "elastic-net", put("linear", "beta", 0, None))
write("beta-short", "elastic-net", put("linear", "beta", []))
write("covariance-short", "logistic", put("linear", "covariance", [1]))
write("tree-cycle", "trees", put("trees", "left", 0, 0))
write("tree-child", "trees", put("trees", "right", 0, 10**6))
write("tree-feature", "trees", put("trees", "feature", 0, 3))
write("tree-start", "trees", put("trees", "start", 1, 10**9))
write("tree-cover", "trees", put("trees", "cover", 0, 0))
write("tree-value", "trees", put("trees", "value", 0, "x"))
write("svm-gamma", "svm", put("svm", "gamma", -1))
write("svm-vector", "svm", put("svm", "vector", [1.0]))
write("calibration-kind", "trees", put("calibration", "kind", "auto"))
write("calibration-knots", "elastic-net", put("calibration", "margin", []))
write("calibration-limit", "trees", put("calibration", "limit", 0))
(here / "broken-cut.json").write_text((here / "svm.json").read_text()[:500])
(here / "broken-empty.json").write_text("")
(here / "broken-deep.json").write_text("[" * 5000)
(here / "broken-duplicate.json").write_text('{"format":"foresell-scorer","format":"foresell-scorer"}')
