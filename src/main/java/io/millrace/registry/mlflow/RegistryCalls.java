package io.millrace.registry.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.experiments.LoggedModels;
import io.millrace.experiments.Runs;
import io.millrace.experiments.mlflow.Calls;
import io.millrace.experiments.mlflow.PageToken;
import io.millrace.experiments.mlflow.Render;
import io.millrace.experiments.mlflow.Request;
import io.millrace.models.Models;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.ModelRegistry.NewVersion;
import io.millrace.registry.ModelVersion;
import io.millrace.registry.RegisteredModel;
import io.millrace.registry.VersionCard;
import io.millrace.registry.VersionId;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;

/** registered-models/* and model-versions/*. */
@Singleton
public class RegistryCalls extends Calls {

  private final Database database;
  private final ModelRegistry registry;
  private final Sources sources;
  private final Clock clock = Clock.systemUTC();

  @Inject
  public RegistryCalls(
      Database database,
      Artifacts artifacts,
      FileTree files,
      Runs runs,
      LoggedModels loggedModels,
      ModelRegistry registry,
      Models models) {
    this.database = database;
    this.registry = registry;
    this.sources = new Sources(database, artifacts, files, runs, loggedModels, registry, models);
    models();
    aliases();
    versions();
  }

  private void models() {
    route(
        "POST",
        "registered-models/create",
        (request, out) -> {
          var name = Asked.name(request, "name");
          var description = Asked.described(request);
          var tags = Asked.tags(request);
          model(out, database.write(tx -> registry.create(tx, name, description, tags)));
        });
    route(
        "GET",
        "registered-models/get",
        (request, out) -> {
          var name = Asked.name(request, "name");
          model(out, database.read(s -> found(s, name)));
        });
    route(
        "GET",
        "registered-models/search",
        (request, out) -> {
          int limit = request.limit("max_results", 100, 1_000);
          long offset = PageToken.offset(request.optionalText("page_token"));
          var query = Asked.query(request, limit, offset);
          Render.page(
              out,
              "registered_models",
              database.read(s -> registry.searchModels(s, query)),
              limit,
              offset,
              (o, one) -> fields(o, one));
        });
    route(
        "POST",
        "registered-models/rename",
        (request, out) -> {
          var name = Asked.name(request, "name");
          var to = Asked.name(request, "new_name");
          model(
              out,
              database.write(tx -> {
                found(tx, name);
                return registry.rename(tx, name, to);
              }));
        });
    route(
        "PATCH",
        "registered-models/update",
        (request, out) -> {
          var name = Asked.name(request, "name");
          var description = Asked.described(request);
          model(
              out,
              database.write(tx -> {
                found(tx, name);
                return registry.describe(tx, name, description);
              }));
        });
    route(
        "DELETE",
        "registered-models/delete",
        (request, _) -> {
          var name = Asked.name(request, "name");
          database.writing(tx -> {
            found(tx, name);
            registry.delete(tx, name);
          });
        });
    route(
        "POST",
        "registered-models/set-tag",
        (request, _) -> {
          var name = Asked.name(request, "name");
          var tag = Asked.tag(request);
          database.writing(tx -> {
            found(tx, name);
            registry.setTags(tx, name, tag);
          });
        });
    route(
        "DELETE",
        "registered-models/delete-tag",
        (request, _) -> {
          var name = Asked.name(request, "name");
          var key = request.text("key");
          database.writing(tx -> {
            found(tx, name);
            registry.deleteTag(tx, name, key);
          });
        });
    route(
        "GET POST",
        "registered-models/get-latest-versions",
        (request, out) -> {
          var name = Asked.name(request, "name");
          var stages = request.texts("stages").stream().map(Asked::stage).toList();
          list(out, "model_versions", database.read(s -> latest(s, found(s, name), stages)));
        });
  }

  private void aliases() {
    route(
        "POST",
        "registered-models/alias",
        (request, _) -> {
          var name = Asked.name(request, "name");
          var alias = Asked.alias(request);
          var id = Asked.version(request, name);
          database.writing(tx -> {
            found(tx, name);
            version(tx, id);
            registry.setAlias(tx, id, alias);
          });
        });
    route(
        "GET",
        "registered-models/alias",
        (request, out) -> {
          var name = Asked.name(request, "name");
          var text = request.text("alias");
          var version =
              database.read(s -> {
                var model = found(s, name);
                if (text.equalsIgnoreCase("latest")) {
                  if (model.latest() == 0) throw Asked.noAlias(text);
                  return registry.version(s, new VersionId(name, model.latest()));
                }
                return registry
                    .find(s, name, Asked.alias(text))
                    .orElseThrow(() -> Asked.noAlias(text));
              });
          version(out, version);
        });
    route(
        "DELETE",
        "registered-models/alias",
        (request, _) -> {
          var name = Asked.name(request, "name");
          var alias = Asked.alias(request);
          database.writing(tx -> {
            found(tx, name);
            if (registry.find(tx, name, alias).isPresent()) registry.deleteAlias(tx, name, alias);
          });
        });
  }

  private void versions() {
    route("POST", "model-versions/create", this::create);
    route(
        "GET",
        "model-versions/get",
        (request, out) -> {
          var id = Asked.version(request, Asked.name(request, "name"));
          version(out, database.read(s -> version(s, id)));
        });
    route(
        "PATCH",
        "model-versions/update",
        (request, out) -> {
          var id = Asked.version(request, Asked.name(request, "name"));
          var description = Asked.described(request);
          version(
              out,
              database.write(tx -> {
                version(tx, id);
                return registry.describe(tx, id, description);
              }));
        });
    route(
        "DELETE",
        "model-versions/delete",
        (request, _) -> {
          var id = Asked.version(request, Asked.name(request, "name"));
          database.writing(tx -> {
            version(tx, id);
            registry.delete(tx, id);
          });
        });
    route(
        "POST",
        "model-versions/transition-stage",
        (request, out) -> {
          var id = Asked.version(request, Asked.name(request, "name"));
          var stage = Asked.stage(request.text("stage"));
          boolean archive = request.flag("archive_existing_versions");
          version(
              out,
              database.write(tx -> {
                version(tx, id);
                return registry.moveToStage(tx, id, stage, archive);
              }));
        });
    route(
        "POST",
        "model-versions/set-tag",
        (request, _) -> {
          var id = Asked.version(request, Asked.name(request, "name"));
          var tag = Asked.tag(request);
          database.writing(tx -> {
            version(tx, id);
            registry.setTags(tx, id, tag);
          });
        });
    route(
        "DELETE",
        "model-versions/delete-tag",
        (request, _) -> {
          var id = Asked.version(request, Asked.name(request, "name"));
          var key = request.text("key");
          database.writing(tx -> {
            version(tx, id);
            registry.deleteTag(tx, id, key);
          });
        });
    route(
        "GET",
        "model-versions/search",
        (request, out) -> {
          int limit = request.limit("max_results", 200_000, 200_000);
          long offset = PageToken.offset(request.optionalText("page_token"));
          var query = Asked.query(request, limit, offset);
          Render.page(
              out,
              "model_versions",
              database.read(s -> registry.searchVersions(s, query)),
              limit,
              offset,
              (o, one) -> fields(o, one, List.of()));
        });
    route(
        "GET",
        "model-versions/get-download-uri",
        (request, out) -> {
          var id = Asked.version(request, Asked.name(request, "name"));
          out.writeStringField("artifact_uri", Sources.storage(database.read(s -> version(s, id))));
        });
  }

  private void create(Request request, JsonGenerator out) throws IOException {
    var name = Asked.name(request, "name");
    var tags = Asked.tags(request);
    var description = Asked.described(request);
    boolean prompt = "true".equalsIgnoreCase(tags.get(RegisteredModel.PROMPT));
    database.read(s -> found(s, name));
    var source =
        sources.source(
            request.text("source"),
            request.text("run_id", ""),
            request.text("model_id", ""),
            prompt);
    var sealed = prompt ? new Sources.Sealed(null, null) : sources.seal(name.value(), source);
    var card =
        new VersionCard(
            source.uri(),
            source.storage(),
            source.run(),
            source.loggedModel(),
            description,
            "None",
            clock.instant(),
            new TreeMap<>(tags));
    version(
        out,
        database.write(tx -> {
          found(tx, name);
          return registry.create(
              tx,
              new NewVersion(
                  name, card, sealed.model(), sealed.files(), request.text("user_id", "")));
        }));
  }

  private RegisteredModel found(Snapshot s, ModelName name) {
    return registry
        .findModel(s, name)
        .orElseThrow(() -> new NotFound("Registered Model with name=%s not found".formatted(name)));
  }

  private ModelVersion version(Snapshot s, VersionId id) {
    found(s, id.model());
    return registry.findVersion(s, id).orElseThrow(() -> Sources.noVersion(id));
  }

  private List<ModelVersion> latest(Snapshot s, RegisteredModel model, List<String> stages) {
    var byStage = new LinkedHashMap<String, ModelVersion>();
    for (var version : registry.versions(s, model.name())) {
      var stage = version.card().stage();
      if (stages.isEmpty() || stages.contains(stage)) byStage.putIfAbsent(stage, version);
    }
    return List.copyOf(byStage.values());
  }

  // What answers hold

  private void model(JsonGenerator out, RegisteredModel model) throws IOException {
    out.writeFieldName("registered_model");
    fields(out, model);
  }

  private void fields(JsonGenerator out, RegisteredModel model) throws IOException {
    out.writeStartObject();
    out.writeStringField("name", model.name().value());
    out.writeNumberField("creation_timestamp", model.createdAt().toEpochMilli());
    out.writeNumberField("last_updated_timestamp", model.updatedAt().toEpochMilli());
    if (!model.description().isEmpty()) out.writeStringField("description", model.description());
    if (model.latest() > 0) {
      out.writeArrayFieldStart("latest_versions");
      for (var version : database.read(s -> latest(s, model, List.of())))
        fields(out, version, aliases(model, version));
      out.writeEndArray();
    }
    Render.pairs(out, "tags", model.tags());
    if (!model.aliases().isEmpty()) {
      out.writeArrayFieldStart("aliases");
      for (var alias : model.aliases().entrySet()) {
        out.writeStartObject();
        out.writeStringField("alias", alias.getKey().value());
        out.writeStringField("version", String.valueOf(alias.getValue()));
        out.writeEndObject();
      }
      out.writeEndArray();
    }
    out.writeEndObject();
  }

  private void list(JsonGenerator out, String name, List<ModelVersion> versions)
      throws IOException {
    if (versions.isEmpty()) return;
    out.writeArrayFieldStart(name);
    for (var version : versions) fields(out, version, List.of());
    out.writeEndArray();
  }

  private void version(JsonGenerator out, ModelVersion version) throws IOException {
    Function<Snapshot, RegisteredModel> model = s -> found(s, version.model());
    out.writeFieldName("model_version");
    fields(out, version, aliases(database.read(model), version));
  }

  private static List<String> aliases(RegisteredModel model, ModelVersion version) {
    return model.aliases().entrySet().stream()
        .filter(alias -> alias.getValue() == version.number())
        .map(alias -> alias.getKey().value())
        .toList();
  }

  private static void fields(JsonGenerator out, ModelVersion version, List<String> aliases)
      throws IOException {
    var card = version.card();
    out.writeStartObject();
    out.writeStringField("name", version.model().value());
    out.writeStringField("version", String.valueOf(version.number()));
    out.writeNumberField("creation_timestamp", version.createdAt().toEpochMilli());
    out.writeNumberField("last_updated_timestamp", card.updatedAt().toEpochMilli());
    out.writeStringField("current_stage", card.stage());
    out.writeStringField("description", card.description());
    out.writeStringField("source", card.uri().isEmpty() ? Sources.storage(version) : card.uri());
    out.writeStringField("run_id", card.run());
    out.writeStringField("status", "READY");
    out.writeStringField("run_link", "");
    if (!card.loggedModel().isEmpty()) out.writeStringField("model_id", card.loggedModel());
    Render.pairs(out, "tags", card.tags());
    if (!aliases.isEmpty()) {
      out.writeArrayFieldStart("aliases");
      for (var alias : aliases) out.writeString(alias);
      out.writeEndArray();
    }
    out.writeEndObject();
  }
}
