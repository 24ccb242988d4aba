"""Dataset inputs: log_input of a data frame and of an array."""

import mlflow
import numpy
import pandas

from .checks import same, works


def play(world):
    client = world.client
    mlflow.set_experiment(world.name("inputs"))
    frame = pandas.DataFrame({"age": [22, 38, 26], "fare": [7.25, 71.28, 7.92], "name": ["a", "b", "ç"]})
    training = mlflow.data.from_pandas(frame, source="https://example.org/titanic.csv", name="titanic", targets="fare")
    array = mlflow.data.from_numpy(numpy.arange(12.0).reshape(3, 4), name="grid")
    with mlflow.start_run() as run:
        works("input.log", lambda: mlflow.log_input(training, context="training"))
        works("input.log_again", lambda: mlflow.log_input(training, context="training"))
        works("input.log_array_with_tags", lambda: mlflow.log_input(array, context="testing", tags={"split": "3"}))
    found = {i.dataset.name: i for i in client.get_run(run.info.run_id).inputs.dataset_inputs}
    same("input.once_each", lambda: len(client.get_run(run.info.run_id).inputs.dataset_inputs), 2)
    same("input.names", lambda: set(found), {"titanic", "grid"})
    same("input.digest", lambda: found["titanic"].dataset.digest, training.digest)
    same("input.source_type", lambda: found["titanic"].dataset.source_type, "http")
    same("input.source", lambda: "https://example.org/titanic.csv" in found["titanic"].dataset.source)
    same("input.schema", lambda: "fare" in found["titanic"].dataset.schema)
    same("input.profile", lambda: "num_rows" in found["titanic"].dataset.profile)
    same("input.context", lambda: {t.key: t.value for t in found["titanic"].tags}, {"mlflow.data.context": "training"})
    same("input.tags", lambda: {t.key: t.value for t in found["grid"].tags}, {"mlflow.data.context": "testing", "split": "3"})
    same("input.in_search_too", lambda: len(client.search_runs([run.info.experiment_id])[0].inputs.dataset_inputs), 2)
    same("input.source_loads", lambda: mlflow.data.get_source(found["titanic"].dataset).url, "https://example.org/titanic.csv")
