"""The example models' recorded requests, and the answers of the libraries that trained them."""

import json

import numpy as np

DTYPES = {"FP32": np.float32, "FP64": np.float64, "INT64": np.int64, "INT32": np.int32, "BOOL": np.bool_, "BYTES": np.object_}


def array(tensor):
    data = [np.nan if value is None else value for value in tensor["data"]]
    if tensor["datatype"] == "BYTES":
        data = [value.encode() for value in data]
    return np.array(data, dtype=DTYPES[tensor["datatype"]]).reshape(tensor["shape"])


class Recorded:
    def __init__(self, folder, name):
        document = json.loads((folder / f"{name}.cases.json").read_text())
        self.name = name
        self.inputs = {t["name"]: (t["datatype"], array(t)) for t in document["request"]["inputs"]}
        self.expected = {t["name"]: array(t) for t in document["response"]["outputs"]}
        self.tolerance = document["relative_tolerance"]

    def has_missing_numbers(self):
        return any(np.issubdtype(a.dtype, np.floating) and np.isnan(a).any() for _, a in self.inputs.values())

    def check(self, checks, wire, output):
        """That output(NAME) is the array that the library answered."""
        for name, wanted in self.expected.items():
            got = output(name)
            what = f"{self.name} {name} over {wire}"
            if got is None or got.shape != wanted.shape or got.dtype != wanted.dtype:
                checks.that(what, False, f"got {None if got is None else (got.shape, got.dtype)}, expected {wanted.shape, wanted.dtype}")
                continue
            largest = max(1.0, float(np.max(np.abs(wanted)))) if wanted.dtype != object else 1
            equal = np.array_equal(got, wanted) if wanted.dtype == object else np.all(np.abs(got - wanted) <= self.tolerance * largest)
            checks.that(what, bool(equal), f"got {got.ravel()[:5]}, expected {wanted.ravel()[:5]}")
