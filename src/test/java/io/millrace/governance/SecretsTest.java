package io.millrace.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.Damaged;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values are kept sealed, by numbers that are given once. */
class SecretsTest {
  private static final String KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

  @TempDir Path folder;
  private Database database;
  private Secrets secrets;

  @BeforeEach
  void open() {
    database = Database.open(folder.resolve("millrace.db"));
    secrets = secrets(null);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Secrets secrets(String key) {
    return new Secrets(database, folder.resolve("secrets.key"), key, Clock.systemUTC());
  }

  private static SecretReference reference(String text) {
    return SecretReference.of(text).orElseThrow();
  }

  private SecretReference pin(String text) {
    return database.read(s -> secrets.pin(s, reference(text)));
  }

  @Test
  void eachValueIsTheNextVersionAndTheLatestIsMeantWhereNoneIsNamed() {
    assertThat(secrets.set("db", "first value")).hasToString("db@1");
    assertThat(secrets.set("db", "second value")).hasToString("db@2");
    assertThat(pin("db")).hasToString("db@2");
    assertThat(secrets.value(pin("db"))).isEqualTo("second value");
    assertThat(secrets.value(pin("db@1"))).isEqualTo("first value");
    assertThat(secrets.secret("db").versions())
        .extracting(Secret.Version::number)
        .containsExactly(1, 2);
    assertThat(secrets.list()).extracting(Secret::name).containsExactly("db");
  }

  @Test
  void aNumberIsNeverGivenAgainSoThatItMeansOneValue() {
    secrets.set("db", "first value");
    secrets.set("db", "second value");
    secrets.delete(reference("db@2"));
    assertThat(pin("db")).hasToString("db@1");
    secrets.delete(reference("db"));
    assertThat(secrets.list()).isEmpty();
    assertThat(secrets.set("db", "third value")).hasToString("db@3");
    assertThatThrownBy(() -> pin("db@1"))
        .isInstanceOf(NotFound.class)
        .hasMessage(
            "secret db has no version 1, it has 3; name one of these, or none for the latest");
    assertThatThrownBy(() -> secrets.secret("dc"))
        .isInstanceOf(NotFound.class)
        .hasMessage(
            "there is no secret \"dc\" (did you mean \"db\"?); set it with  millrace secret set dc < FILE");
  }

  @Test
  void noFileHoldsTheValueAndOnlyTheOwnerReadsTheKey() throws IOException {
    secrets.set("db", "hunter2-hunter2");
    database.close();
    try (var files = Files.walk(folder)) {
      for (var file : files.filter(Files::isRegularFile).toList())
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain("hunter2");
    }
    var key = folder.resolve("secrets.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    database = Database.open(folder.resolve("millrace.db"));
    secrets = secrets(null);
    assertThat(secrets.value(pin("db"))).isEqualTo("hunter2-hunter2");
  }

  @Test
  void aKeyThatOthersMayReadIsRefused() throws IOException {
    secrets.set("db", "some value");
    Files.setPosixFilePermissions(
        folder.resolve("secrets.key"), PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(() -> secrets(null).value(pin("db")))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("chmod 600 " + folder.resolve("secrets.key"));
  }

  @Test
  void aKeyThatIsGoneIsNotMadeAnew() throws IOException {
    secrets.set("db", "some value");
    Files.delete(folder.resolve("secrets.key"));
    var later = secrets(null);
    assertThatThrownBy(() -> later.set("other", "some value"))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("is gone; put it back");
    assertThat(folder.resolve("secrets.key")).doesNotExist();
    later.delete(reference("db"));
    assertThat(later.set("other", "some value")).hasToString("other@1");
  }

  @Test
  void aKeyFromOutsideIsUsedAndAnotherOneOpensNothing() {
    var given = secrets(KEY);
    given.set("db", "some value");
    assertThat(folder.resolve("secrets.key")).doesNotExist();
    assertThat(given.value(pin("db"))).isEqualTo("some value");
    var other = secrets(KEY.replace("AAEC", "AAED"));
    assertThatThrownBy(() -> other.value(pin("db")))
        .isInstanceOf(Damaged.class)
        .hasMessageContaining("secret db@1 was not sealed with the key of MILLRACE_SECRETS_KEY");
    assertThatThrownBy(() -> secrets("c2hvcnQ="))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("32 random bytes in base64");
  }

  @Test
  void aRowThatWasMovedToAnotherNameDoesNotOpen() {
    secrets.set("db", "some value");
    database.writing(tx -> tx.update("update secret_version set name = 'other'").execute());
    assertThatThrownBy(() -> secrets.value(pin("other"))).isInstanceOf(Damaged.class);
  }

  @Test
  void whatIsInUseIsNotDeleted() {
    secrets.set("db", "some value");
    secrets.askBeforeDeleting((_, used) -> List.of("step s of run 1 with " + used));
    assertThatThrownBy(() -> secrets.delete(reference("db")))
        .isInstanceOf(Conflict.class)
        .hasMessage(
            "secret db@1 is used by step s of run 1 with db@1; wait for the end of it, or cancel it");
    assertThat(secrets.value(pin("db"))).isEqualTo("some value");
  }

  @Test
  void noMessageHoldsAValueThatIsRefused() {
    for (var value : List.of("abc", "zero\0zero", "x".repeat(Secrets.MOST_BYTES + 1)))
      assertThatThrownBy(() -> secrets.set("db", value))
          .isInstanceOf(InvalidInput.class)
          .message()
          .doesNotContain(value);
    assertThat(secrets.list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "@1", "a@0", "a@-1", "a@x", "a@1@2", "-a", "a b", "a@1234567890"})
  void otherFormsAreNoReferences(String text) {
    assertThat(SecretReference.of(text)).isEmpty();
  }
}
