"""Artifacts through the proxy: text, dict, image, figure, table, trees with odd names; list and download."""

import filecmp
import os
import pathlib

import mlflow
import numpy
import pandas
import requests

from .checks import raises, refused, same, skipped, works

ODD = ["plain.txt", "with space.txt", "ünï/çödé 文.txt", "100% done.txt", "plus+and&amp.txt", "semi;colon=eq.txt", "deep/er/still/x.bin", "empty", "UPPER.JSON", "dots..in.name", "'quotes'.csv", "(brackets)[].md", "ti~lde!$@,.txt"]


def play(world):
    client = world.client
    mlflow.set_experiment(world.name("artifacts"))
    with mlflow.start_run() as run:
        run_id = run.info.run_id
        kinds(world, run_id)
        trees(world, client, run_id)
    listing(world, client, run_id)
    downloads(world, client, run_id)
    big(world, client, run_id)
    if world.millrace:
        in_parts(world, client, run_id)


# What the client sends as it is and means as it is; MLflow's server decodes it, and so loses these. Names that are well
# percent-encoded, such as x%20y or per%cent.txt, the client itself decodes and so takes for others.
PERCENT = ["50%-60%.txt", "im%step%2%timestamp%1795.txt"]


def kinds(world, run_id):
    works("artifact.log_text", lambda: mlflow.log_text("grüße\n", "notes/hello.txt"))
    same("artifact.load_text", lambda: mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt"), "grüße\n")
    works("artifact.log_text_again", lambda: mlflow.log_text("other", "notes/hello.txt"))
    same("artifact.text_is_replaced", lambda: mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt"), "other")
    works("artifact.log_dict_json", lambda: mlflow.log_dict({"a": [1, 2.5, None], "ü": "é"}, "config.json"))
    same("artifact.load_dict", lambda: mlflow.artifacts.load_dict(f"runs:/{run_id}/config.json"), {"a": [1, 2.5, None], "ü": "é"})
    works("artifact.log_dict_yaml", lambda: mlflow.log_dict({"a": {"b": 1}}, "config.yaml"))
    same("artifact.yaml_text", lambda: mlflow.artifacts.load_text(f"runs:/{run_id}/config.yaml"), "a:\n  b: 1\n")
    pixels = numpy.zeros((6, 5, 3), dtype=numpy.uint8)
    pixels[2, 3] = [255, 128, 0]
    works("artifact.log_image", lambda: mlflow.log_image(pixels, "picture.png"))
    same("artifact.load_image", lambda: (lambda p: (p.size, p.convert("RGB").getpixel((3, 2))))(mlflow.artifacts.load_image(f"runs:/{run_id}/picture.png")), ((5, 6), (255, 128, 0)))
    works("artifact.log_image_by_step", lambda: mlflow.log_image(pixels, key="grid", step=2, synchronous=True))
    same("artifact.image_by_step_is_listed", lambda: any("step" in f.path and f.path.endswith(".png") for f in world.client.list_artifacts(run_id, "images")))
    try:
        from matplotlib import pyplot
    except ImportError:
        skipped("artifact.log_figure", "matplotlib is not installed")
    else:
        figure, axes = pyplot.subplots()
        axes.plot([1, 2, 3])
        works("artifact.log_figure", lambda: mlflow.log_figure(figure, "plots/line.png"))
        same("artifact.figure_is_png", lambda: pathlib.Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="plots/line.png")).read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
    works("artifact.log_table", lambda: mlflow.log_table(pandas.DataFrame({"x": [1, 2], "y": ["a", "b"]}), "table.json"))
    works("artifact.log_table_appends", lambda: mlflow.log_table({"x": [3], "y": ["c"]}, "table.json"))
    same("artifact.load_table", lambda: mlflow.load_table("table.json", run_ids=[run_id]).to_dict("list"), {"x": [1, 2, 3], "y": ["a", "b", "c"]})
    same("artifact.table_is_in_tag", lambda: "table.json" in world.client.get_run(run_id).data.tags["mlflow.loggedArtifacts"])


def trees(world, client, run_id):
    tree = pathlib.Path(world.folder, "tree")
    if world.millrace:
        ODD.extend(PERCENT)
    for number, name in enumerate(ODD):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"" if name == "empty" else os.urandom(100 + number))
    single = pathlib.Path(world.folder, "single file.dat")
    single.write_bytes(b"\x00\x01\xff")
    works("artifact.log_file", lambda: mlflow.log_artifact(str(single)))
    works("artifact.log_file_below", lambda: mlflow.log_artifact(str(single), "some/folder here"))
    works("artifact.log_tree", lambda: mlflow.log_artifacts(str(tree), "tree"))
    works("artifact.log_tree_at_root", lambda: client.log_artifacts(run_id, str(tree / "deep")))


def names(client, run_id, path=None):
    return sorted((f.path, f.is_dir) for f in client.list_artifacts(run_id, path))


def listing(world, client, run_id):
    top = same("artifact.list_root", lambda: names(client, run_id), lambda n: {("tree", True), ("config.json", False), ("single file.dat", False), ("er", True)} <= set(n))
    same("artifact.list_is_once_each", lambda: len(top) == len(set(top)))
    same("artifact.list_tree", lambda: names(client, run_id, "tree"), sorted({("tree/" + n.split("/")[0], "/" in n) for n in ODD}))
    same("artifact.list_below_unicode", lambda: names(client, run_id, "tree/ünï"), [("tree/ünï/çödé 文.txt", False)])
    same("artifact.list_folder_with_space", lambda: names(client, run_id, "some/folder here"), [("some/folder here/single file.dat", False)])
    same("artifact.size", lambda: [f.file_size for f in client.list_artifacts(run_id) if f.path == "single file.dat"], [3])
    same("artifact.list_missing_folder", lambda: names(client, run_id, "no/such"), [])
    same("artifact.list_a_file", lambda: names(client, run_id, "config.json"), [])


def downloads(world, client, run_id):
    target = pathlib.Path(world.folder, "down")
    target.mkdir()
    works("artifact.download_tree", lambda: client.download_artifacts(run_id, "tree", str(target)))
    for name in ODD:
        same(f"artifact.equal[{name}]", lambda: filecmp.cmp(pathlib.Path(world.folder, "tree", name), target / "tree" / name, shallow=False))
    one = works("artifact.download_one", lambda: mlflow.artifacts.download_artifacts(artifact_uri=f"runs:/{run_id}/some/folder here/single file.dat"))
    same("artifact.one_is_equal", lambda: pathlib.Path(one).read_bytes(), b"\x00\x01\xff")
    uri = client.get_run(run_id).info.artifact_uri
    same("artifact.uri_is_proxied", lambda: uri.startswith("mlflow-artifacts:/") and uri.endswith(f"/{run_id}/artifacts"))
    by_uri = works("artifact.download_by_uri", lambda: mlflow.artifacts.download_artifacts(artifact_uri=f"{uri}/config.json"))
    same("artifact.by_uri_is_equal", lambda: '"a"' in pathlib.Path(by_uri).read_text())
    same("artifact.list_by_uri", lambda: len(mlflow.artifacts.list_artifacts(artifact_uri=f"{uri}/tree")), len({n.split("/")[0] for n in ODD}))
    raises("artifact.missing_is_an_error", lambda: mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="no such.txt"), "no such.txt")
    empty = client.create_run(client.get_run(run_id).info.experiment_id)
    same("artifact.none_yet", lambda: client.list_artifacts(empty.info.run_id), [])
    refused("artifact.list_of_unknown_run", lambda: client.list_artifacts("0" * 32), "RESOURCE_DOES_NOT_EXIST", "not found")


def big(world, client, run_id):
    path = pathlib.Path(world.folder, "big.bin")
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for number in range(24):
            file.write(number.to_bytes(8, "big") + block)
    works("artifact.log_24_mb", lambda: client.log_artifact(run_id, str(path), "large"))
    back = works("artifact.download_24_mb", lambda: client.download_artifacts(run_id, "large/big.bin", world.folder))
    same("artifact.24_mb_are_equal", lambda: filecmp.cmp(path, back, shallow=False))


def in_parts(world, client, run_id):
    """Large files go in parts; the client is told that they are large from 20 MB on, and to send 4 MB at a time."""
    switches = {"MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true", "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": "20000000", "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": "4000000"}
    path = pathlib.Path(world.folder, "parts 100%.bin")
    path.write_bytes(os.urandom(25_000_001))
    os.environ.update(switches)
    sent = []
    put = requests.put

    def counted(url, **given):
        sent.append(url)
        return put(url, **given)

    requests.put = counted
    try:
        works("parts.log_25_mb", lambda: client.log_artifact(run_id, str(path), "in/parts ü"))
        same("parts.went_as_parts", lambda: len([url for url in sent if "/mpu/part/" in url]), 7)
        back = works("parts.download_25_mb", lambda: client.download_artifacts(run_id, "in/parts ü/parts 100%.bin", world.folder))
        same("parts.are_equal", lambda: filecmp.cmp(path, back, shallow=False))
        os.chdir(pathlib.Path(world.folder, "down"))
        works("parts.by_a_relative_path", lambda: client.log_artifact(run_id, "../parts 100%.bin"))
        same("parts.relative_path_is_no_place", lambda: ("parts 100%.bin", False) in names(client, run_id))
        broken(world, client, run_id, path)
        if world.major >= 3:
            del os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"]
            sent.clear()
            works("parts.log_25_mb_unasked", lambda: client.log_artifact(run_id, str(path), "unasked"))
            same("parts.server_says_that_it_takes_parts", lambda: len(sent), 7)
    finally:
        os.chdir(world.folder)
        requests.put = put
        for name in switches:
            os.environ.pop(name, None)


def broken(world, client, run_id, path):
    """A part that fails makes the client abort; what it sent is gone and there is no file."""
    put = requests.put
    uploads = []

    def failing(url, **given):
        uploads.append(url.rsplit("/", 2)[1])
        if url.endswith("/3"):
            raise OSError("the cable was cut")
        return put(url, **given)

    requests.put = failing
    try:
        raises("parts.failed_part_is_an_error", lambda: client.log_artifact(run_id, str(path), "broken"), "cable was cut")
    finally:
        requests.put = put
    same("parts.no_file_of_a_failed_upload", lambda: names(client, run_id, "broken"), [])
    same("parts.failed_upload_is_aborted", lambda: requests.get(f"{world.url}/api/2.0/mlflow-artifacts/mpu/{uploads[0]}", timeout=10).status_code, 404)
    resumed(world, client, run_id, path)


def resumed(world, client, run_id, path):
    """Whoever knows the upload may go on with it: the server tells which parts are there."""
    root = client.get_run(run_id).info.artifact_uri.removeprefix("mlflow-artifacts:/")
    mpu = f"{world.url}/api/2.0/mlflow-artifacts/mpu"
    content = path.read_bytes()
    chunks = [content[i : i + 5_000_000] for i in range(0, len(content), 5_000_000)]
    begun = requests.post(f"{mpu}/create/{root}/resumed", json={"path": "big.bin", "num_parts": len(chunks)}, timeout=10).json()
    urls = {part["part_number"]: part["url"] for part in begun["credentials"]}
    for number in (2, 5):
        requests.put(urls[number], data=chunks[number - 1], timeout=60)
    shown = requests.get(f"{mpu}/{begun['upload_id']}", timeout=10).json()
    same("parts.server_tells_which_are_there", lambda: [(p["part_number"], p["size"]) for p in shown["parts"]], [(2, 5_000_000), (5, 5_000_000)])
    etags = {part["part_number"]: part["etag"] for part in shown["parts"]}
    for number in urls.keys() - etags.keys():
        etags[number] = requests.put(urls[number], data=chunks[number - 1], timeout=60).headers["ETag"]
    parts = [{"part_number": number, "etag": etags[number], "url": urls[number]} for number in sorted(urls)]
    same("parts.completed_later", lambda: requests.post(f"{mpu}/complete/{root}/resumed", json={"path": "big.bin", "upload_id": begun["upload_id"], "parts": parts}, timeout=60).status_code, 200)
    back = works("parts.download_resumed", lambda: client.download_artifacts(run_id, "resumed/big.bin", world.folder))
    same("parts.resumed_is_equal", lambda: pathlib.Path(back).read_bytes() == content)
