package io.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.registry.http.ModelResource;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelResourceTest {
  @TempDir Path folder;
  private Fixture fixture;
  private ModelResource resource;

  @BeforeEach
  void open() {
    fixture = new Fixture(folder);
    resource = new ModelResource(fixture.database, fixture.registry);
    fixture.registry.register(new ModelName("delay"), fixture.model(1));
    fixture.registry.register(new ModelName("delay"), fixture.model(2));
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aModelShowsItsVersionsAliasesAndTheirHistory() {
    assertThat(
            resource
                .setAlias("delay", "champion", Json.parse("{\"version\": 1}"))
                .path("id")
                .asText())
        .isEqualTo("delay/1");
    var model = resource.model("delay");
    assertThat(model.path("latest").asInt()).isEqualTo(2);
    assertThat(model.path("versions").get(0).path("number").asInt()).isEqualTo(2);
    assertThat(model.path("versions").get(0).path("package").asText()).hasSize(64);
    assertThat(model.path("aliases").toString()).isEqualTo("{\"champion\":1}");
    assertThat(model.path("history").get(0).path("changed_at").asText())
        .isEqualTo("2026-03-01T10:00:00Z");
    assertThat(resource.models().path("models")).hasSize(1);
    assertThat(resource.alias("delay", "champion").path("number").asInt()).isEqualTo(1);
    assertThat(resource.version("delay", "1").path("missing").isArray()).isTrue();
    resource.deleteAlias("delay", "champion");
    assertThatThrownBy(() -> resource.alias("delay", "champion")).isInstanceOf(NotFound.class);
  }

  @Test
  void bodiesThatSayNoVersionAreRefused() {
    assertThatThrownBy(() -> resource.setAlias("delay", "champion", null))
        .isInstanceOf(InvalidInput.class);
    assertThatThrownBy(
            () -> resource.setAlias("delay", "champion", Json.parse("{\"version\": \"1\"}")))
        .isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> resource.setAlias("delay", "champion", Json.parse("{\"version\": 0}")))
        .isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> resource.setAlias("delay", "champion", Json.parse("{\"version\": 9}")))
        .isInstanceOf(NotFound.class);
    assertThatThrownBy(() -> resource.register("delay", null))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("{\"onnx\": DIGEST");
    assertThatThrownBy(() -> resource.register("delay", Json.parse("{\"file\": \"a\"}")))
        .isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> resource.version("delay", "x")).isInstanceOf(InvalidInput.class);
  }
}
