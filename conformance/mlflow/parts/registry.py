"""The model registry: models, versions, aliases, stages, tags, searches."""

from .checks import refused, same, works


def play(world):
    client = world.client
    experiment = client.create_experiment(world.name("registry"))
    run = client.create_run(experiment).info.run_id
    source = client.get_run(run).info.artifact_uri + "/model"
    name = world.name("Price é model")
    models(world, client, name)
    versions(client, name, source, run)
    aliases(client, name)
    stages(client, name)
    searches(world, client, source, run)
    deletion(world, client, name)


def models(world, client, name):
    made = works("model.create", lambda: client.create_registered_model(name, tags={"team": "blue"}, description="first é"))
    same("model.fields", lambda: (made.name, made.description, made.tags), (name, "first é", {"team": "blue"}))
    same("model.times", lambda: 0 < made.creation_timestamp <= made.last_updated_timestamp)
    refused("model.create_again", lambda: client.create_registered_model(name), "RESOURCE_ALREADY_EXISTS", "already exists")
    works("model.update", lambda: client.update_registered_model(name, "second"))
    same("model.description", lambda: client.get_registered_model(name).description, "second")
    works("model.set_tag", lambda: client.set_registered_model_tag(name, "owner", "ana"))
    works("model.replace_tag", lambda: client.set_registered_model_tag(name, "team", "red"))
    same("model.tags", lambda: client.get_registered_model(name).tags, {"team": "red", "owner": "ana"})
    works("model.delete_tag", lambda: client.delete_registered_model_tag(name, "owner"))
    same("model.tag_is_gone", lambda: client.get_registered_model(name).tags, {"team": "red"})
    same("model.without_versions", lambda: client.get_registered_model(name).latest_versions, [])
    refused("model.unknown", lambda: client.get_registered_model(world.name("nowhere")), "RESOURCE_DOES_NOT_EXIST", "not found")
    for bad in ["", "a/b", "a:b"]:
        refused(f"model.bad_name[{bad}]", lambda: client.create_registered_model(bad), "INVALID_PARAMETER_VALUE")


def versions(client, name, source, run):
    one = works("version.create", lambda: client.create_model_version(name, source, run, tags={"a": "1"}, run_link="", description="v one"))
    same("version.number", lambda: str(one.version), "1")
    same("version.fields", lambda: (one.name, one.source, one.run_id, one.status, one.current_stage, one.description, one.tags), (name, source, run, "READY", "None", "v one", {"a": "1"}))
    two = works("version.create_second", lambda: client.create_model_version(name, source, run))
    same("version.second_number", lambda: str(two.version), "2")
    works("version.create_third", lambda: client.create_model_version(name, "s3://bucket/some/model"))
    same("version.foreign_source_is_kept", lambda: client.get_model_version(name, "3").source, "s3://bucket/some/model")
    same("version.download_uri", lambda: client.get_model_version_download_uri(name, "1"), source)
    works("version.update", lambda: client.update_model_version(name, "1", "better"))
    same("version.description", lambda: client.get_model_version(name, "1").description, "better")
    works("version.set_tag", lambda: client.set_model_version_tag(name, "1", "b", "zwei é"))
    works("version.delete_tag", lambda: client.delete_model_version_tag(name, "1", "a"))
    same("version.tags", lambda: client.get_model_version(name, "1").tags, {"b": "zwei é"})
    refused("version.unknown", lambda: client.get_model_version(name, "77"), "RESOURCE_DOES_NOT_EXIST", "version=77", "not found")
    refused("version.of_unknown_model", lambda: client.create_model_version(name + " nowhere", source, run), "RESOURCE_DOES_NOT_EXIST")
    refused("version.local_source", lambda: client.create_model_version(name, "/etc/passwd", run), "INVALID_PARAMETER_VALUE", "Invalid model version source")
    refused("version.source_of_another_run", lambda: client.create_model_version(name, source.replace(run, "0" * 32), run), "INVALID_PARAMETER_VALUE", "Invalid model version source")


def aliases(client, name):
    works("alias.set", lambda: client.set_registered_model_alias(name, "champion", "1"))
    works("alias.set_second", lambda: client.set_registered_model_alias(name, "challenger", "2"))
    same("alias.get", lambda: str(client.get_model_version_by_alias(name, "champion").version), "1")
    same("alias.on_model", lambda: {k: str(v) for k, v in client.get_registered_model(name).aliases.items()}, {"champion": "1", "challenger": "2"})
    same("alias.on_version", lambda: client.get_model_version(name, "1").aliases, ["champion"])
    works("alias.move", lambda: client.set_registered_model_alias(name, "champion", "2"))
    same("alias.moved", lambda: sorted(client.get_model_version(name, "2").aliases), ["challenger", "champion"])
    works("alias.delete", lambda: client.delete_registered_model_alias(name, "challenger"))
    refused("alias.missing", lambda: client.get_model_version_by_alias(name, "challenger"), "INVALID_PARAMETER_VALUE", "alias challenger not found")
    refused("alias.on_missing_version", lambda: client.set_registered_model_alias(name, "x", "99"), "RESOURCE_DOES_NOT_EXIST")
    refused("alias.latest_is_reserved", lambda: client.set_registered_model_alias(name, "Latest", "1"), "INVALID_PARAMETER_VALUE")
    refused("alias.like_a_version_is_refused", lambda: client.set_registered_model_alias(name, "v12", "1"), "INVALID_PARAMETER_VALUE")
    same("alias.latest_is_highest", lambda: str(client.get_model_version_by_alias(name, "latest").version), "3")


def stages(client, name):
    same("stage.production", lambda: client.transition_model_version_stage(name, "1", "production").current_stage, "Production")
    same("stage.archive_existing", lambda: client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True).current_stage, "Production")
    same("stage.old_is_archived", lambda: client.get_model_version(name, "1").current_stage, "Archived")
    same("stage.latest_versions", lambda: {(str(v.version), v.current_stage) for v in client.get_latest_versions(name)}, {("1", "Archived"), ("2", "Production"), ("3", "None")})
    same("stage.latest_of_some", lambda: [str(v.version) for v in client.get_latest_versions(name, ["production"])], ["2"])
    same("stage.latest_on_model", lambda: len(client.get_registered_model(name).latest_versions), 3)
    refused("stage.unknown", lambda: client.transition_model_version_stage(name, "1", "Moon"), "INVALID_PARAMETER_VALUE", "Moon")


def searches(world, client, source, run):
    prefix = world.name("zoo ")
    for i, word in enumerate(["ape", "Bear", "cat"]):
        client.create_registered_model(prefix + word, tags={"legs": "2" if i == 0 else "4"})
        for number in range(i + 1):
            client.create_model_version(prefix + word, source, run, tags={"n": str(number)})

    def models(text, **options):
        return [m.name.removeprefix(prefix) for m in client.search_registered_models(text, **options)]

    for text, expected in {
        f"name LIKE '{prefix}%'": ["Bear", "ape", "cat"], f"name = '{prefix}ape'": ["ape"], f"name ILIKE '{prefix}b%'": ["Bear"], f"name LIKE '{prefix}b%'": [],
        f"name LIKE '{prefix}%' AND tags.legs = '4'": ["Bear", "cat"], f"name LIKE '{prefix}%' AND tag.legs != '4'": ["ape"], f"name LIKE '{prefix}%' AND name != '{prefix}cat'": ["Bear", "ape"],
    }.items():
        same(f"search.models[{text.replace(world.prefix, 'P')}]", lambda: models(text), expected)
    every = f"name LIKE '{prefix}%'"
    same("search.models_descending", lambda: models(every, order_by=["name DESC"]), ["cat", "ape", "Bear"])
    same("search.models_by_update", lambda: models(every, order_by=["last_updated_timestamp DESC"])[0], "cat")
    page = client.search_registered_models(every, max_results=2)
    same("search.models_pages", lambda: [models(every, max_results=2), models(every, max_results=2, page_token=page.token)], [["Bear", "ape"], ["cat"]])
    same("search.models_carry_versions", lambda: [str(v.version) for v in client.search_registered_models(f"name = '{prefix}cat'")[0].latest_versions], ["3"])
    refused("search.models_refuses", lambda: models("name > 'a'"), "INVALID_PARAMETER_VALUE")
    refused("search.models_refuses_a_page_too_large", lambda: models(every, max_results=1001), "INVALID_PARAMETER_VALUE")

    def found(text, **options):
        return [(v.name.removeprefix(prefix), int(v.version)) for v in client.search_model_versions(text, **options)]

    for text, expected in {
        f"name = '{prefix}cat'": [("cat", 1), ("cat", 2), ("cat", 3)], f"name LIKE '{prefix}%' AND tags.n = '1'": [("Bear", 2), ("cat", 2)], f"name = '{prefix}Bear' AND tags.n != '1'": [("Bear", 1)],
        f"run_id = '{run}' AND name = '{prefix}ape'": [("ape", 1)], f"run_id IN ('{run}') AND name LIKE '{prefix}B%'": [("Bear", 1), ("Bear", 2)],
        f"source_path = '{source}' AND name = '{prefix}ape'": [("ape", 1)], f"version_number = 3 AND name LIKE '{prefix}%'": [("cat", 3)], f"version_number >= 2 AND name ILIKE '{prefix}C%'": [("cat", 2), ("cat", 3)],
    }.items():
        shown = text.replace(world.prefix, "P").replace(source, "S").replace(run, "R")
        same(f"search.versions[{shown}]", lambda: sorted(found(text)), expected)
    same("search.versions_ordered", lambda: found(f"name = '{prefix}cat'", order_by=["version_number DESC"]), [("cat", 3), ("cat", 2), ("cat", 1)])
    page = client.search_model_versions(f"name = '{prefix}cat'", max_results=2, order_by=["version_number ASC"])
    same("search.versions_next_page", lambda: found(f"name = '{prefix}cat'", max_results=2, order_by=["version_number ASC"], page_token=page.token), [("cat", 3)])
    refused("search.versions_refuses", lambda: found("version_number = 'x'"), "INVALID_PARAMETER_VALUE")


def deletion(world, client, name):
    works("version.delete", lambda: client.delete_model_version(name, "2"))
    refused("version.deleted_is_gone", lambda: client.get_model_version(name, "2"), "RESOURCE_DOES_NOT_EXIST", "not found")
    refused("alias.of_deleted_version_is_gone", lambda: client.get_model_version_by_alias(name, "champion"), "INVALID_PARAMETER_VALUE", "alias champion not found")
    works("version.delete_last", lambda: client.delete_model_version(name, "3"))
    same("version.numbers_are_not_used_again", lambda: str(client.create_model_version(name, "s3://bucket/again").version), "4")
    works("model.rename", lambda: client.rename_registered_model(name, name + " 2"))
    same("model.renamed_has_versions", lambda: sorted(int(v.version) for v in client.search_model_versions(f"name = '{name} 2'")), [1, 4])
    refused("model.old_name_is_gone", lambda: client.get_registered_model(name), "RESOURCE_DOES_NOT_EXIST")
    works("model.delete", lambda: client.delete_registered_model(name + " 2"))
    refused("model.deleted_is_gone", lambda: client.get_registered_model(name + " 2"), "RESOURCE_DOES_NOT_EXIST")
    same("version.of_deleted_model_is_gone", lambda: list(client.search_model_versions(f"name = '{name} 2'")), [])
    works("model.name_is_free_again", lambda: client.create_registered_model(name + " 2"))
    same("version.numbers_begin_again", lambda: str(client.create_model_version(name + " 2", "s3://bucket/new").version), "1")
