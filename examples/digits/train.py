"""Gives a model package for images of digits: of a network trained here where torch is installed, else the one that came along.

Training needs torch, onnx and pyarrow (pip install torch onnx pyarrow). Which of the two it was is the output made_by,
and stands in the package's lock.json too.
"""

import base64
import json
import os
import pathlib

INPUT = {"name": "image", "datatype": "FP32", "shape": [-1, 1, 8, 8], "nullable": True}
OUTPUTS = [{"name": name, "datatype": "FP32", "shape": [-1, 10], "nullable": False} for name in ("logits", "probabilities")]
GOLDEN_ROWS = 20


def tensor(field, rows):
    """A tensor as golden.json holds it, of a nested list."""
    flat = rows
    while flat and isinstance(flat[0], list):
        flat = [value for row in flat for value in row]
    return {"name": field["name"], "datatype": field["datatype"], "shape": [len(rows), *field["shape"][1:]], "data": flat}


def trained(folder, data, epochs, seed):
    """Trains on the rows and writes the network and its own answers to some of them."""
    import pyarrow.parquet
    import torch
    from torch import nn

    rows = pyarrow.parquet.read_table(data)
    labels = torch.tensor(rows["label"].to_pylist())
    pixels = torch.tensor([rows[f"image_{i}"].to_pylist() for i in range(64)], dtype=torch.float32)
    images = pixels.T.reshape(-1, 1, 8, 8).contiguous()
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * 16, 64), nn.ReLU(), nn.Linear(64, 10),
    )

    class Digits(nn.Module):
        """Takes raw pixels, so that who asks cannot forget to scale them."""

        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, image):
            logits = self.network(image / 16)
            return logits, torch.softmax(logits, 1)

    model = Digits()
    optimizer = torch.optim.Adam(model.parameters(), 0.002)
    for epoch in range(epochs):
        order = torch.randperm(len(images))
        total = 0.0
        for batch in order.split(64):
            loss = nn.functional.cross_entropy(model(images[batch])[0], labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1} of {epochs}: loss {total / len(images):.4f}", flush=True)
    model.eval()
    some = images[:GOLDEN_ROWS]
    with torch.no_grad():
        answers = model(some)
    names = [output["name"] for output in OUTPUTS]
    torch.onnx.export(
        model, (some,), str(folder / "model.onnx"), input_names=["image"], output_names=names, opset_version=18,
        dynamic_axes={name: {0: "N"} for name in ["image", *names]}, dynamo=False,
    )
    golden = {
        "tolerance": 1e-4,
        "inputs": [tensor(INPUT, some.tolist())],
        "outputs": [tensor(output, answer.tolist()) for output, answer in zip(OUTPUTS, answers)],
    }
    (folder / "golden.json").write_text(json.dumps(golden))
    return f"torch {torch.__version__}, trained by this step", {"library": f"torch {torch.__version__}", "epochs": epochs, "seed": seed}


def shipped(folder, why):
    """Takes the network that came with the example, trained with torch on the same rows."""
    (folder / "model.onnx").write_bytes(base64.b64decode(pathlib.Path("model/digits_cnn.onnx.b64").read_text()))
    (folder / "golden.json").write_text(pathlib.Path("model/golden.json").read_text())
    return f"the network that came along, nothing was trained: {why}", {"imported": {"from": "onnx", "why": why}}


def main():
    outputs = pathlib.Path(os.environ["MILLRACE_OUTPUTS"])
    folder = outputs / "model"
    folder.mkdir()
    try:
        import torch  # noqa: F401
        import onnx  # noqa: F401  torch writes with it
        import pyarrow  # noqa: F401
    except ImportError as missing:
        made_by, lock = shipped(folder, f"no {missing.name} in this Python")
    else:
        made_by, lock = trained(
            folder, os.environ["MILLRACE_INPUT_DATA"], int(os.environ["MILLRACE_PARAM_EPOCHS"]), int(os.environ["MILLRACE_PARAM_SEED"])
        )
    print(made_by)
    signature = {"format": "millrace-model-1", "inputs": [INPUT], "outputs": OUTPUTS}
    (folder / "signature.json").write_text(json.dumps(signature))
    (folder / "lock.json").write_text(json.dumps({"label": "label", "task": "multiclass", "made_by": made_by} | lock))
    (outputs / "values.json").write_text(json.dumps({"made_by": made_by}))


main()
