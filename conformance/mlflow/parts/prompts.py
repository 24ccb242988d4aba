"""Prompts: registered models with a tag."""

import mlflow

from .checks import raises, refused, same, skipped, works


def play(world):
    api = getattr(mlflow, "genai", None) if world.major >= 3 else mlflow
    if api is None or not hasattr(api, "register_prompt"):
        skipped("prompts", "this client has none")
        return
    client = world.client
    name = world.name("greeting").replace("-", "_")
    first = works("prompt.register", lambda: api.register_prompt(name, "Hello {{who}}", commit_message="first", tags={"team": "blue"}))
    same("prompt.first_version", lambda: int(first.version), 1)
    second = works("prompt.register_again", lambda: api.register_prompt(name, "Good day {{who}}, é", commit_message="second"))
    same("prompt.second_version", lambda: int(second.version), 2)
    loaded = works("prompt.load", lambda: api.load_prompt(name, version=1))
    same("prompt.template", lambda: loaded.template, "Hello {{who}}")
    same("prompt.formats", lambda: loaded.format(who="Ana"), "Hello Ana")
    same("prompt.variables", lambda: set(loaded.variables), {"who"})
    same("prompt.message", lambda: loaded.commit_message, "first")
    same("prompt.load_by_uri", lambda: api.load_prompt(f"prompts:/{name}/2").template, "Good day {{who}}, é")
    works("prompt.alias", lambda: api.set_prompt_alias(name, alias="live", version=1))
    same("prompt.load_by_alias", lambda: int(api.load_prompt(f"prompts:/{name}@live").version), 1)
    works("prompt.alias_moves", lambda: api.set_prompt_alias(name, alias="live", version=2))
    works("prompt.delete_alias", lambda: api.delete_prompt_alias(name, alias="live"))
    raises("prompt.alias_is_gone", lambda: api.load_prompt(f"prompts:/{name}@live"))
    raises("prompt.unknown", lambda: api.load_prompt(f"prompts:/{name}_nowhere/1"), "not found")
    same("prompt.is_hidden_from_models", lambda: [m.name for m in client.search_registered_models(f"name = '{name}'")], [])
    same("prompt.versions_are_hidden", lambda: [v.name for v in client.search_model_versions(f"name = '{name}'")], [])
    if hasattr(api, "search_prompts"):
        same("prompt.search", lambda: [p.name for p in api.search_prompts(filter_string=f"name = '{name}'")], [name])
    if world.major >= 3:
        works("prompt.version_tag", lambda: client.set_prompt_version_tag(name, "2", "checked", "yes"))
        same("prompt.version_tag_is_kept", lambda: api.load_prompt(name, version=2).tags.get("checked"), "yes")
        works("prompt.tag", lambda: client.set_prompt_tag(name, "owner", "ana"))
        same("prompt.tag_is_kept", lambda: client.get_prompt(name).tags.get("owner"), "ana")
        chat = works("prompt.register_chat", lambda: api.register_prompt(name + "_chat", [{"role": "system", "content": "Be {{mood}}"}, {"role": "user", "content": "{{question}}"}]))
        same("prompt.chat_template", lambda: api.load_prompt(name + "_chat", version=chat.version).template[1]["content"], "{{question}}")
    taken = world.name("taken").replace("-", "_")
    client.create_registered_model(taken)
    refused("prompt.name_of_a_model", lambda: api.register_prompt(taken, "x"), "INVALID_PARAMETER_VALUE")
