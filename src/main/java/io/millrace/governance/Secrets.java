package io.millrace.governance;

import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Refused;
import io.millrace.base.Snapshot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The secrets of this server: each name has versions 1, 2, 3, ..., each a value that stands sealed
 * in the database and is opened only for what is given it. Thread-safe.
 */
public final class Secrets {
  public static final int MOST_SECRETS = 1_000;
  public static final int MOST_VERSIONS = 100;
  public static final int SHORTEST = 4;
  public static final int MOST_BYTES = 32 << 10;

  /** Says what goes on that was given a secret. */
  public interface Users {
    /** As texts for people; none where nothing does. */
    List<String> of(Snapshot snapshot, SecretReference secret);
  }

  private final Database database;
  private final Path keyFile;
  private final Clock clock;
  private final SecretStore store = new SecretStore();
  private volatile @Nullable SealingKey key;
  private volatile Users users = (_, _) -> List.of();

  /**
   * @param keyFile where the key lies, and is made with the first secret, unless one is given
   * @param key 32 bytes in base64, or null
   */
  public Secrets(Database database, Path keyFile, @Nullable String key, Clock clock) {
    this.database = database;
    this.keyFile = keyFile;
    this.clock = clock;
    if (key != null && !key.isBlank()) this.key = SealingKey.of(key, "MILLRACE_SECRETS_KEY");
  }

  /** Whom to ask before a version is deleted. */
  public void askBeforeDeleting(Users asked) {
    users = asked;
  }

  /**
   * Makes the value the secret's next version; durable when this returns. Messages never hold it.
   */
  public SecretReference set(String name, String value) {
    var checked = new SecretReference(name, null).name();
    requireValue(value);
    return database.write(tx -> {
      var all = store.list(tx, null);
      var versions = all.stream().filter(row -> row.name().equals(checked)).count();
      if (versions == 0
          && all.stream().map(SecretStore.Row::name).distinct().count() >= MOST_SECRETS)
        throw new Conflict(
            "there are %,d secrets, which is the most; delete one with  millrace secret delete NAME"
                .formatted(MOST_SECRETS));
      if (versions >= MOST_VERSIONS)
        throw new Conflict(
            "secret %s has %d versions, which is the most; delete an old one with  millrace secret delete %s@VERSION"
                .formatted(checked, MOST_VERSIONS, checked));
      int number = store.next(tx, checked);
      var set = new SecretReference(checked, number);
      store.insert(
          tx, checked, number, key(all.isEmpty()).seal(set.toString(), value), clock.instant());
      return set;
    });
  }

  private static void requireValue(String value) {
    int bytes = value.getBytes(StandardCharsets.UTF_8).length;
    if (value.length() < SHORTEST || bytes > MOST_BYTES)
      throw new InvalidInput(
          "the value has %,d bytes; expected at least %d characters, since a shorter one cannot be masked in logs, and at most %,d bytes"
              .formatted(bytes, SHORTEST, MOST_BYTES));
    if (value.indexOf('\0') >= 0)
      throw new InvalidInput(
          "the value holds a zero byte, which no variable can; expected text, such as base64 of it");
  }

  /** The key, made where there is none and nothing was sealed yet. */
  private synchronized SealingKey key(boolean mayCreate) {
    var known = key;
    if (known != null) return known;
    if (!Files.exists(keyFile) && !mayCreate)
      throw new Refused(
          "the file %s with the key of all secrets is gone; put it back, or give the key as MILLRACE_SECRETS_KEY, or delete the secrets and set them again"
              .formatted(keyFile));
    var found = Files.exists(keyFile) ? SealingKey.read(keyFile) : SealingKey.create(keyFile);
    key = found;
    return found;
  }

  /** By name. */
  public List<Secret> list() {
    return database.read(s -> secrets(store.list(s, null)));
  }

  private static List<Secret> secrets(List<SecretStore.Row> rows) {
    var byName = new LinkedHashMap<String, List<Secret.Version>>();
    for (var row : rows)
      byName
          .computeIfAbsent(row.name(), _ -> new ArrayList<>())
          .add(new Secret.Version(row.number(), row.createdAt()));
    return byName.entrySet().stream()
        .map(e -> new Secret(e.getKey(), e.getValue().getLast().number(), e.getValue()))
        .toList();
  }

  /** NotFound where there is none of that name. */
  public Secret secret(String name) {
    return database.read(s -> {
      var found = secrets(store.list(s, new SecretReference(name, null).name()));
      if (found.isEmpty()) throw missing(s, new SecretReference(name, null));
      return found.getFirst();
    });
  }

  private NotFound missing(Snapshot s, SecretReference reference) {
    var all = secrets(store.list(s, null));
    for (var secret : all)
      if (secret.name().equals(reference.name()))
        return new NotFound(
            "secret %s has no version %d, it has %s; name one of these, or none for the latest"
                .formatted(
                    reference.name(),
                    reference.version(),
                    String.join(
                        ", ",
                        secret.versions().stream().map(v -> String.valueOf(v.number())).toList())));
    var names = all.stream().map(Secret::name).toList();
    return new NotFound(
        "there is no secret \"%s\"%s; set it with  millrace secret set %s < FILE"
            .formatted(
                reference.name(),
                Names.nearest(reference.name(), names)
                    .map(" (did you mean \"%s\"?)"::formatted)
                    .orElse(""),
                reference.name()));
  }

  /** With its version, the latest where none is given; NotFound where it is not there. */
  public SecretReference pin(Snapshot s, SecretReference reference) {
    var rows = store.list(s, reference.name());
    var wanted = reference.version();
    return rows.stream()
        .filter(row -> wanted == null || wanted == row.number())
        .reduce((_, later) -> later)
        .map(row -> new SecretReference(row.name(), row.number()))
        .orElseThrow(() -> missing(s, reference));
  }

  /**
   * The value of NAME@VERSION, or of the latest version where the text is a NAME; as {@link
   * #value}.
   */
  public String value(String reference) {
    var named =
        SecretReference.of(reference)
            .orElseThrow(() -> new InvalidInput("secret", reference, "NAME or NAME@VERSION"));
    return value(database.<SecretReference>read(s -> pin(s, named)));
  }

  /** The value of a version; not to be kept, shown, logged or put into a message. */
  public String value(SecretReference pinned) {
    var number = Objects.requireNonNull(pinned.version(), "unchecked: no version");
    var sealed =
        database.read(
            s -> store.sealed(s, pinned.name(), number).orElseThrow(() -> missing(s, pinned)));
    return key(false).open(pinned.toString(), sealed);
  }

  /**
   * Erases a version, or all of a name; their numbers are not given again. Conflict while a command
   * works that was given one, whose output could no longer be masked.
   */
  public void delete(SecretReference reference) {
    database.writing(tx -> {
      for (var row : store.list(tx, reference.name())) {
        if (reference.version() != null && reference.version() != row.number()) continue;
        var using = users.of(tx, new SecretReference(row.name(), row.number()));
        if (!using.isEmpty())
          throw new Conflict(
              "secret %s@%d is used by %s; wait for the end of it, or cancel it"
                  .formatted(row.name(), row.number(), String.join(", ", using)));
      }
      if (store.delete(tx, reference.name(), reference.version(), clock.instant()) == 0)
        throw missing(tx, reference);
    });
  }
}
