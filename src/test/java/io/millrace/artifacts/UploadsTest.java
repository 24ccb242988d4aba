package io.millrace.artifacts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Uploads.Sent;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.TooLarge;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UploadsTest {
  private static final long LARGEST = 100;

  @TempDir Path folder;
  private Database database;
  private Artifacts artifacts;
  private FileTree files;
  private Uploads uploads;

  @BeforeEach
  void open() {
    open(Clock.systemUTC());
  }

  private void open(Clock clock) {
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    files = new FileTree(clock);
    uploads = new Uploads(database, artifacts, files, LARGEST, clock);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Digest send(Upload upload, int number, String content) {
    return uploads.part(upload.id(), number, new ByteArrayInputStream(content.getBytes(UTF_8)));
  }

  private static List<Sent> sent(Digest... parts) {
    return IntStream.range(0, parts.length).mapToObj(i -> new Sent(i + 1, parts[i])).toList();
  }

  private Collection<Digest> held() {
    return database.read(uploads::held);
  }

  private Optional<FileTree.NamedFile> file(String path) {
    return database.read(s -> files.find(s, path));
  }

  private String content(String path) {
    var file = file(path).orElseThrow();
    return new String(artifacts.bytes(file.digest(), file.size()), UTF_8);
  }

  @Test
  void partsInAnyOrderBecomeOneFile() {
    var upload = uploads.begin("1/big.txt", 3);
    var last = send(upload, 3, "wheel");
    var first = send(upload, 1, "mill");
    var second = send(upload, 2, " ");
    assertThat(file("1/big.txt")).isEmpty();

    uploads.complete(upload.id(), "1/big.txt", sent(first, second, last));

    assertThat(content("1/big.txt")).isEqualTo("mill wheel");
    assertThat(held()).isEmpty();
    assertThatThrownBy(() -> uploads.upload(upload.id())).isInstanceOf(NotFound.class);
  }

  @Test
  void anUploadGoesOnAfterARestart() {
    var upload = uploads.begin("1/big.txt", 2);
    var first = send(upload, 1, "mill");
    close();
    open();

    var found = uploads.upload(upload.id());
    assertThat(found.here()).containsOnlyKeys(1).containsValue(new Entry(first, 4));
    assertThat(held()).containsExactly(first);
    uploads.complete(upload.id(), "1/big.txt", sent(first, send(upload, 2, "race")));
    assertThat(content("1/big.txt")).isEqualTo("millrace");
  }

  @Test
  void aPartSentAgainTakesThePlaceOfTheFirst() {
    var upload = uploads.begin("f", 1);
    var wrong = send(upload, 1, "grian");
    var right = send(upload, 1, "grain");
    assertThatThrownBy(() -> uploads.complete(upload.id(), "f", sent(wrong)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("etag of part 1")
        .hasMessageContaining(right.hex());
    uploads.complete(upload.id(), "f", sent(right));
    assertThat(content("f")).isEqualTo("grain");
  }

  @Test
  void whatDoesNotMakeTheWholeFileIsRefused() {
    var upload = uploads.begin("f", 2);
    var first = send(upload, 1, "a");
    assertThatThrownBy(() -> uploads.complete(upload.id(), "f", sent(first)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("got 1, expected 2");
    assertThatThrownBy(() -> uploads.complete(upload.id(), "f", sent(first, first)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("part 2 is not here");
    var second = send(upload, 2, "b");
    assertThatThrownBy(() ->
            uploads.complete(upload.id(), "f", List.of(new Sent(2, second), new Sent(1, first))))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("in ascending order");
    assertThatThrownBy(() -> uploads.complete(upload.id(), "g", sent(first, second)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("\"f\"");
    assertThatThrownBy(() -> uploads.abort(upload.id(), "g")).isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> uploads.complete("0".repeat(32), "f", sent(first, second)))
        .isInstanceOf(NotFound.class);
    assertThat(file("f")).isEmpty();
  }

  @Test
  void numbersSizesAndPlacesAreBounded() {
    var upload = uploads.begin("a/f", 2);
    for (int number : List.of(0, 3, -1))
      assertThatThrownBy(() -> send(upload, number, "x"))
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining("expected 1 to 2");
    send(upload, 1, "x".repeat(60));
    assertThatThrownBy(() -> send(upload, 2, "x".repeat(41))).isInstanceOf(TooLarge.class);
    assertThatThrownBy(() -> uploads.begin("f", Uploads.MOST_PARTS + 1))
        .isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> uploads.begin("../f", 1)).isInstanceOf(InvalidInput.class);
    database.writing(tx -> files.put(tx, "file", Digest.of("x"), 1));
    assertThatThrownBy(() -> uploads.begin("file/f", 1))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("\"file\" is a file");
  }

  @Test
  void noPartsMakeAnEmptyFile() {
    var upload = uploads.begin("empty", 0);
    uploads.complete(upload.id(), "empty", List.of());
    assertThat(content("empty")).isEmpty();
  }

  @Test
  void anAbortedUploadIsGone() {
    var upload = uploads.begin("f", 1);
    send(upload, 1, "x");
    uploads.abort(upload.id(), "f");
    assertThat(held()).isEmpty();
    assertThatThrownBy(() -> send(upload, 1, "x")).isInstanceOf(NotFound.class);
  }

  @Test
  void thoseWhoCompleteTheSameUploadAtOnceAllHearThatItIsThere() throws Exception {
    var upload = uploads.begin("f", 1);
    var part = send(upload, 1, "x");
    var waiting = new ArrayList<Callable<Digest>>();
    for (int i = 0; i < 16; i++)
      waiting.add(() -> {
        try {
          return uploads.complete(upload.id(), "f", sent(part));
        } catch (NotFound e) {
          return Digest.of("x"); // It was whole before this one asked.
        }
      });
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var one : threads.invokeAll(waiting)) assertThat(one.get()).isEqualTo(Digest.of("x"));
    }
    assertThat(content("f")).isEqualTo("x");
  }

  @Test
  void uploadsThatNobodyGoesOnWithMakeRoomForOthers() {
    var old = uploads.begin("f", 1);
    send(old, 1, "x");
    close();
    open(Clock.offset(Clock.systemUTC(), Uploads.KEPT.minus(Duration.ofMinutes(1))));
    assertThat(uploads.stale()).isZero();
    close();
    open(Clock.offset(Clock.systemUTC(), Uploads.KEPT.plus(Duration.ofMinutes(1))));
    assertThat(uploads.stale()).isEqualTo(1);
    for (int i = 0; i < 1_000; i++) uploads.begin("f" + i, 1);
    assertThat(held()).isEmpty();
    assertThatThrownBy(() -> uploads.begin("g", 1))
        .isInstanceOf(Conflict.class)
        .hasMessageContaining("1,000 unfinished uploads");
  }
}
