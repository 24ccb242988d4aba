package io.millrace.governance.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.governance.Secret;
import io.millrace.governance.SecretReference;
import io.millrace.governance.Secrets;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Secrets by name: set, listed, deleted; never read. */
@Path("/api/v1/secrets")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class SecretResource {
  private final Secrets secrets;

  @Inject
  public SecretResource(Secrets secrets) {
    this.secrets = secrets;
  }

  @GET
  public JsonNode list() {
    return Json.object().set("secrets", Json.tree(secrets.list()));
  }

  @GET
  @Path("/{name}")
  public Secret show(@PathParam("name") String name) {
    return secrets.secret(name);
  }

  /**
   * Makes the body, which is the value as it stands, the next version. It is no JSON, so that no
   * reader's complaint can quote it.
   */
  @PUT
  @Path("/{name}")
  @Consumes(MediaType.WILDCARD)
  public SecretReference set(@PathParam("name") String name, InputStream body) throws IOException {
    var bytes = body.readNBytes(Secrets.MOST_BYTES + 1);
    if (bytes.length > Secrets.MOST_BYTES)
      throw new InvalidInput(
          "the value has more than %,d bytes, which is the most".formatted(Secrets.MOST_BYTES));
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return secrets.set(name, text);
    } catch (CharacterCodingException e) {
      throw new InvalidInput("the value is not UTF-8; expected text, such as base64 of it");
    }
  }

  /** Erases all versions, or the one of NAME@VERSION. */
  @DELETE
  @Path("/{reference}")
  public JsonNode delete(@PathParam("reference") String reference) {
    var named =
        SecretReference.of(reference)
            .orElseThrow(() -> new InvalidInput("secret", reference, "NAME or NAME@VERSION"));
    secrets.delete(named);
    return Json.object().put("deleted", named.toString());
  }
}
