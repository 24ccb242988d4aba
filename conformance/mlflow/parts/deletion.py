"""Deleting and restoring runs and experiments."""

from mlflow.entities import Metric, ViewType

from .checks import refused, same, works


def play(world):
    client = world.client
    name = world.name("deletion")
    experiment = client.create_experiment(name)
    one, two = (client.create_run(experiment, run_name=n).info.run_id for n in ("one", "two"))
    client.log_param(one, "a", "1")
    works("delete.run", lambda: client.delete_run(one))
    same("delete.run_is_marked", lambda: client.get_run(one).info.lifecycle_stage, "deleted")
    same("delete.run_is_not_found", lambda: [r.info.run_id for r in client.search_runs([experiment])], [two])
    same("delete.run_is_found_when_asked", lambda: [r.info.run_id for r in client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)], [one])
    same("delete.all_are_found_when_asked", lambda: {r.info.run_id for r in client.search_runs([experiment], run_view_type=ViewType.ALL)}, {one, two})
    active = "must be in the 'active' state"
    refused("delete.run_takes_no_param", lambda: client.log_param(one, "b", "2"), "INVALID_PARAMETER_VALUE", active)
    refused("delete.run_takes_no_metric", lambda: client.log_metric(one, "b", 2), "INVALID_PARAMETER_VALUE", active)
    refused("delete.run_takes_no_tag", lambda: client.set_tag(one, "b", "2"), "INVALID_PARAMETER_VALUE", active)
    refused("delete.run_takes_no_batch", lambda: client.log_batch(one, [Metric("b", 1, 1, 1)]), "INVALID_PARAMETER_VALUE", active)
    works("delete.run_again", lambda: client.delete_run(one))
    works("restore.run", lambda: client.restore_run(one))
    works("restore.run_again", lambda: client.restore_run(one))
    same("restore.run_is_whole", lambda: (client.get_run(one).info.lifecycle_stage, client.get_run(one).data.params), ("active", {"a": "1"}))
    works("delete.experiment", lambda: client.delete_experiment(experiment))
    same("delete.experiment_is_marked", lambda: client.get_experiment(experiment).lifecycle_stage, "deleted")
    same("delete.experiment_is_got_by_name", lambda: client.get_experiment_by_name(name).lifecycle_stage, "deleted")
    same("delete.runs_of_experiment_are_marked", lambda: client.get_run(two).info.lifecycle_stage, "deleted")
    refused("delete.experiment_takes_no_run", lambda: client.create_run(experiment), "INVALID_PARAMETER_VALUE", active)
    refused("delete.experiment_takes_no_tag", lambda: client.set_experiment_tag(experiment, "a", "b"), "INVALID_PARAMETER_VALUE", active)
    refused("delete.experiment_again", lambda: client.delete_experiment(experiment), "RESOURCE_DOES_NOT_EXIST")
    refused("delete.name_stays_taken", lambda: client.create_experiment(name), "RESOURCE_ALREADY_EXISTS", "already exists")
    works("restore.experiment", lambda: client.restore_experiment(experiment))
    same("restore.experiment_is_active", lambda: client.get_experiment(experiment).lifecycle_stage, "active")
    same("restore.runs_are_active", lambda: {r.info.run_id for r in client.search_runs([experiment])}, {one, two})
    refused("restore.experiment_again", lambda: client.restore_experiment(experiment), "RESOURCE_DOES_NOT_EXIST")
