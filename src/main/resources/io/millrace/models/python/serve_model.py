"""Answers for one model of MLflow's python_function flavor, on behalf of a Millrace server.

The server starts this with an interpreter that has MLflow, and talks to it over standard input and output in frames:
two lengths of four bytes, big end first, a header in JSON, and a body, which holds the tensors that the header lists one
after another: numbers as little-endian bytes, texts as their length in four bytes and UTF-8 (a length of -1: none).
The first frame says which model to load. This process ends, with all that the model started, when its input ends.
"""

import json
import os
import queue
import re
import signal
import struct
import sys
import threading

NUMBERS = {
    "BOOL": "?", "INT8": "i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
    "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8",
}
NOT_THE_MODELS_FAULT = (ValueError, TypeError, LookupError, ArithmeticError)
LONGEST_MESSAGE = 600


def take_over_streams():
    """What the model prints must not get between the frames, so it goes to standard error."""
    given = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return given, answers


def end():
    """This process is the first of its group."""
    os.killpg(0, signal.SIGKILL)


def read_frames(given, frames):
    """On a thread of its own, so that the end of the server is noticed also while the model answers."""
    while True:
        lengths = given.read(8)
        if len(lengths) < 8:
            end()
        header, body = struct.unpack(">II", lengths)
        frames.put((json.loads(given.read(header)), given.read(body)))


def write_frame(answers, header, body=b""):
    said = json.dumps(header).encode()
    answers.write(struct.pack(">II", len(said), len(body)))
    answers.write(said)
    answers.write(body)
    answers.flush()


def message(error):
    """What went wrong, in a line; of paths on this machine only the last part."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    text = re.sub(r"(?<![\w/:.])/(?:[^\s/'\"]+/)+", "", text)
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "..."


def is_input(error):
    code = getattr(error, "error_code", None)
    if code is not None:
        return code in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST")
    return isinstance(error, NOT_THE_MODELS_FAULT)


def unmet(folder, trained_with):
    """Where this interpreter is another than the model was logged with."""
    from importlib import metadata

    found = []
    here = "%d.%d.%d" % sys.version_info[:3]
    if trained_with and trained_with.split(".")[:2] != here.split(".")[:2]:
        found.append(f"Python {trained_with} is asked for, and the interpreter is {here}")
    try:
        from packaging.requirements import InvalidRequirement, Requirement

        with open(os.path.join(folder, "requirements.txt"), encoding="utf-8") as file:
            lines = [line.split(" #")[0].strip() for line in file]
    except (ImportError, OSError):
        return found
    for line in lines:
        if not line or line.startswith(("#", "-")):
            continue
        try:
            wanted = Requirement(line)
            if wanted.marker is not None and not wanted.marker.evaluate():
                continue
            version = metadata.version(wanted.name)
            if not wanted.specifier.contains(version, prereleases=True):
                found.append(f"{line} is asked for, and {wanted.name} {version} is installed")
        except metadata.PackageNotFoundError:
            found.append(f"{line} is asked for, and is not installed")
        except InvalidRequirement:
            found.append(f"{line} could not be checked")
    return found


class Model:
    def __init__(self, folder, outputs):
        import mlflow.pyfunc

        self.model = mlflow.pyfunc.load_model(folder)
        self.inputs = self.model.metadata.get_input_schema()
        self.outputs = outputs
        self.trained_with = self.model.metadata.flavors["python_function"].get("python_version")

    def predict(self, tensors):
        """Takes tensors in the signature's order, and gives arrays in that of its outputs."""
        return self.arrays(self.model.predict(self.given(tensors)))

    def given(self, tensors):
        if self.inputs.is_tensor_spec():
            if not self.inputs.has_input_names():
                return tensors[0]
            return dict(zip(self.inputs.input_names(), tensors))
        import pandas

        named = self.inputs.has_input_names()
        columns = {}
        for place, spec in enumerate(self.inputs.inputs):
            values = tensors[place].reshape(-1)
            if str(spec.type) == "DataType.datetime":
                values = pandas.to_datetime(pandas.Series(values))
            columns[spec.name if named else place] = values
        return pandas.DataFrame(columns)

    def arrays(self, answer):
        import numpy

        names = [output["name"] for output in self.outputs]
        if hasattr(answer, "toarray"):  # sparse
            answer = answer.toarray()
        if isinstance(answer, dict) or hasattr(answer, "columns"):
            if len(names) == 1 and names[0] not in answer and len(answer.keys()) == 1:
                parts = [answer[next(iter(answer.keys()))]]
            elif len(names) == 1 and names[0] not in answer and hasattr(answer, "columns"):
                parts = [answer.to_numpy()]
            else:
                missing = [name for name in names if name not in answer]
                if missing:
                    raise RuntimeError(f"its answer lacks {', '.join(missing)}, which its signature names")
                parts = [answer[name] for name in names]
        elif len(names) == 1:
            parts = [answer]
        elif isinstance(answer, (list, tuple)) and len(answer) == len(names):
            parts = answer
        else:
            table = numpy.asarray(answer)
            if table.ndim != 2 or table.shape[1] != len(names):
                raise RuntimeError(f"its answer has shape {list(table.shape)}, and its signature names {len(names)} outputs")
            parts = [table[:, place] for place in range(len(names))]
        return [self.array(output, part) for output, part in zip(self.outputs, parts)]

    @staticmethod
    def array(output, part):
        import numpy

        array = numpy.asarray(part)
        if output["column"]:
            array = array.reshape(-1)
        if output["datatype"] == "BYTES":
            return array.astype(object)
        wanted = numpy.dtype(NUMBERS[output["datatype"]])
        if array.dtype.kind == "O":
            array = numpy.array(array.tolist())
        if not numpy.can_cast(array.dtype, wanted, "same_kind"):
            raise RuntimeError(f"its output {output['name']} is {array.dtype}, and its signature says {wanted}")
        return array.astype(wanted)


def unpack(descriptions, body):
    import numpy

    tensors, at = [], 0
    for described in descriptions:
        shape, datatype = described["shape"], described["datatype"]
        count = 1
        for size in shape:
            count *= size
        if datatype == "BYTES":
            values = numpy.empty(count, dtype=object)
            for place in range(count):
                (length,) = struct.unpack_from("<i", body, at)
                at += 4
                if length >= 0:
                    values[place] = body[at : at + length].decode("utf-8")
                    at += length
        else:
            dtype = numpy.dtype(NUMBERS[datatype])
            values = numpy.frombuffer(body, dtype, count, at).copy()
            at += count * dtype.itemsize
        tensors.append(values.reshape(shape))
    return tensors


def pack(outputs, arrays):
    descriptions, parts = [], []
    for output, array in zip(outputs, arrays):
        descriptions.append({"shape": list(array.shape)})
        if output["datatype"] == "BYTES":
            for value in array.reshape(-1):
                if value is None:
                    parts.append(struct.pack("<i", -1))
                    continue
                text = value if isinstance(value, bytes) else str(value).encode("utf-8")
                parts.append(struct.pack("<i", len(text)))
                parts.append(text)
        else:
            parts.append(array.tobytes())
    return descriptions, b"".join(parts)


def load(header):
    try:
        import mlflow.pyfunc  # noqa: F401
    except ImportError as error:
        return None, {"kind": "environment", "error": message(error)}
    try:
        model = Model(header["path"], header["outputs"])
    except ImportError as error:
        return None, {"kind": "environment", "error": message(error)}
    except Exception as error:
        return None, {"kind": "model", "error": message(error)}
    return model, {"unmet": unmet(header["path"], model.trained_with)}


def main():
    os.setpgid(0, 0)
    given, answers = take_over_streams()
    frames = queue.Queue()
    threading.Thread(target=read_frames, args=(given, frames), daemon=True).start()
    header, _ = frames.get()
    model, said = load(header)
    said["python"] = "%s (%d.%d.%d)" % ((sys.executable,) + sys.version_info[:3])
    write_frame(answers, said)
    while model is not None:
        header, body = frames.get()
        if header["op"] == "ping":
            write_frame(answers, {})
            continue
        try:
            outputs, packed = pack(model.outputs, model.predict(unpack(header["inputs"], body)))
            write_frame(answers, {"outputs": outputs}, packed)
        except Exception as error:
            write_frame(answers, {"kind": "input" if is_input(error) else "model", "error": message(error)})


if __name__ == "__main__":
    main()
