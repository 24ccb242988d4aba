package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IngestTest {
  @TempDir Path folder;
  private DataRoom room;

  @BeforeEach
  void open() {
    room = new DataRoom(folder);
  }

  @AfterEach
  void close() {
    room.close();
  }

  private List<String> types(DatasetVersion version) {
    return version.columns().stream().map(c -> c.name() + " " + c.type()).toList();
  }

  private void assertRefused(String text, String message) {
    assertRefused("people.csv", text, SourceOptions.DEFAULT, message);
  }

  private void assertRefused(String path, String text, SourceOptions options, String message) {
    assertThatThrownBy(() -> room.datasets.register("people", room.texts(path, text), options))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(message);
  }

  private static SourceOptions owned(String... namesAndTypes) {
    var types = new TreeMap<String, String>();
    for (int i = 0; i < namesAndTypes.length; i += 2)
      types.put(namesAndTypes[i], namesAndTypes[i + 1]);
    return SourceOptions.DEFAULT.withTypes(types);
  }

  @Test
  void typesAreJudgedByEveryRow() {
    var version =
        room.register(
            "people",
            room.texts(
                "people.csv",
                """
                id,zip,score,on,born,seen,at,name,mixed
                1,01234,1.5,true,2001-01-31,2001-01-31 12:00:00,2001-01-31T12:00:00+02:00,"Ann, B",1
                2,99999,,false,2001-02-28,2001-01-31 12:00,2001-01-31T12:00:00Z,"said ""hi""\",x
                """));
    assertThat(types(version))
        .containsExactly(
            "id BIGINT",
            "zip VARCHAR",
            "score DOUBLE",
            "on BOOLEAN",
            "born DATE",
            "seen TIMESTAMP",
            "at TIMESTAMP WITH TIME ZONE",
            "name VARCHAR",
            "mixed VARCHAR");
    var frame = room.datasets.frame(version.digest(), List.of());
    assertThat(frame.number("score").values()).containsExactly(1.5, Double.NaN);
    assertThat(frame.number("at").values()[0]).isEqualTo(980935200.0);
    assertThat(frame.text("name").values()).containsExactly("Ann, B", "said \"hi\"");
  }

  @Test
  void titanicComesToTheSameRowsFromCsvAndFromParquet() {
    var data = Path.of("src/test/resources/data");
    var csv =
        room.register(
            "csv",
            new TreeMap<>(
                Map.of("titanic.csv", room.artifacts.putFile(data.resolve("titanic.csv")))));
    var parquet =
        room.register(
            "parquet",
            new TreeMap<>(
                Map.of(
                    "titanic.parquet", room.artifacts.putFile(data.resolve("titanic.parquet")))));
    assertThat(csv.rows()).isEqualTo(parquet.rows()).isEqualTo(1309);
    var a = room.datasets.frame(csv.digest(), List.of());
    var b = room.datasets.frame(parquet.digest(), List.of());
    assertThat(a.names()).isEqualTo(b.names());
    for (var name : List.of("age", "fare", "survived", "body"))
      assertThat(a.number(name).values()).isEqualTo(b.number(name).values());
    for (var name : List.of("name", "cabin", "boat", "home_dest"))
      assertThat(a.text(name).values()).isEqualTo(b.text(name).values());
  }

  @Test
  void semicolonsSpacesQuotesAndDecimalCommasAreUnderstood() {
    var version =
        room.register(
            "odd",
            room.texts(
                "odd.csv",
                "\uFEFFfirst name; price ;note\r\n\"Ann; B\" ; 1,50; a b \r\n\r\n Cid ;2,255;\r\n"));
    assertThat(types(version))
        .containsExactly("first name VARCHAR", "price DOUBLE", "note VARCHAR");
    var frame = room.datasets.frame(version.digest(), List.of());
    assertThat(frame.text("first name").values()).containsExactly("Ann; B", "Cid");
    assertThat(frame.number("price").values()).containsExactly(1.5, 2.255);
    assertThat(frame.text("note").values()).containsExactly("a b", null);
  }

  @Test
  void delimiterQuoteAndHeaderCanBeSaid() {
    var options = new SourceOptions(null, SourceOptions.Csv.of("tab", "'", false), new TreeMap<>());
    var version =
        room.datasets.register("tabs", room.texts("a.txt", "1\t'x\ty'\n2\tz\n"), options).version();
    assertThat(types(version)).containsExactly("column1 BIGINT", "column2 VARCHAR");
    assertThat(room.datasets.frame(version.digest(), List.of("column2")).text("column2").values())
        .containsExactly("x\ty", "z");
  }

  @Test
  void wordsForMissingAreMissingWhereNumbersAreDueAndTextWhereTextIs() {
    var version = room.register("gaps", room.texts("gaps.csv", "n,t\n1,NA\nNA,b\nnan,c\n"));
    var frame = room.datasets.frame(version.digest(), List.of());
    assertThat(frame.number("n").values()).containsExactly(1, Double.NaN, Double.NaN);
    assertThat(frame.text("t").values()).containsExactly("NA", "b", "c");
  }

  @Test
  void jsonLinesAndGzipAreRead() throws IOException {
    var lines =
        "{\"id\": 1, \"x\": 1, \"s\": \"01\", \"at\": \"2001-01-31T12:00:00Z\"}\n\n{\"id\": 2, \"x\": 2.5, \"b\": true}\n";
    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      gzip.write(lines.getBytes(StandardCharsets.UTF_8));
    }
    SortedMap<String, Digest> files =
        new TreeMap<>(Map.of("a.jsonl.gz", room.artifacts.put(packed.toByteArray())));
    var version = room.register("lines", files);
    assertThat(types(version))
        .containsExactly(
            "id BIGINT", "x DOUBLE", "s VARCHAR", "at TIMESTAMP WITH TIME ZONE", "b BOOLEAN");
    assertThat(room.artifacts.manifest(version.digest()).entries()).containsOnlyKeys("a.parquet");
    assertThat(room.register("plain", room.texts("a.jsonl", lines)).digest())
        .isEqualTo(version.digest());
  }

  @Test
  void partitionsAreKeptAndAColumnEmptyInOneFileTakesTheTypeOfTheOthers() {
    var version =
        room.register(
            "parts",
            room.texts(
                "day=2001-01-01/n=1/a.csv",
                "id,x,y\n1,,\n",
                "day=2001-01-02/n=2/a.csv",
                "id,x,y\n2,2.5,2001-01-01\n"));
    assertThat(types(version))
        .containsExactly("id BIGINT", "x DOUBLE", "y DATE", "day DATE", "n BIGINT");
    assertThat(room.artifacts.manifest(version.digest()).entries())
        .containsOnlyKeys("day=2001-01-01/n=1/a.parquet", "day=2001-01-02/n=2/a.parquet");
  }

  @Test
  void aBrokenRowIsToldWithItsLine() {
    assertRefused(
        "id,name\n1,a\n2,b,c\n",
        "people.csv, line 3: 3 fields where 2 are due (id, name); put quotes around a field that holds \",\", or remove the row: 2,b,c");
    assertRefused(
        "id,name\n1,a\n2,\"b\n3,c\n",
        "people.csv, line 3, field 2: the quote \" opened here is never closed; close it, or double it where it is part of the text");
    assertRefused(
        "id,name\n1,\"a\"b\n",
        "people.csv, line 2, field 2: \"b\" follows the closing quote; double a quote that is part of the text, or say csv: {delimiter: ...} (it is \",\" here)");
  }

  @Test
  void textWhereANumberIsDueIsToldWithLineAndColumn() {
    assertRefused(
        "people.csv",
        "id,age\n1,20\n\n2,old\n",
        owned("age", "number"),
        "people.csv, line 4, column \"age\": \"old\" is not a number; correct the value, or change the column's type in the dataset's definition");
    assertRefused(
        "people.csv",
        "id,born\n1,2001-02-30\n",
        owned("born", "date"),
        "people.csv, line 2, column \"born\": \"2001-02-30\" is not a date such as 2001-01-31; correct the value, or change the column's type in the dataset's definition");
    assertRefused(
        "people.jsonl",
        "{\"age\": 3}\n{\"age\": \"x\"}\n",
        owned("age", "integer"),
        "people.jsonl, line 2, column \"age\": \"x\" is not a whole number; correct the value, or change the column's type in the dataset's definition");
  }

  @Test
  void ownedTypesAreObeyed() {
    var version =
        room.datasets
            .register(
                "owned",
                room.texts("a.csv", "id,n,on\n1,3.0,yes\n02,4,0\n"),
                owned("id", "text", "n", "integer", "on", "boolean"))
            .version();
    assertThat(types(version)).containsExactly("id VARCHAR", "n BIGINT", "on BOOLEAN");
  }

  @Test
  void anEmptyFileAMissingColumnAndARepeatedOneAreRefused() {
    assertRefused("", "people.csv is empty; expected a header line and rows");
    assertRefused(
        "id,name\n", "people.csv has a header and no rows; add rows, or leave the file out");
    assertRefused(
        "people.jsonl",
        "\n",
        SourceOptions.DEFAULT,
        "people.jsonl is empty; expected one JSON object a line");
    assertRefused(
        "people.csv",
        "id,agee\n1,2\n",
        owned("age", "number"),
        "people.csv has no column \"age\", which its definition declares (did you mean \"agee\"?); it has id, agee");
    assertRefused(
        "id,Name,name\n1,2,3\n",
        "people.csv, line 1: columns 2 and 3 are both named \"name\" (upper and lower case count as the same); rename one");
  }

  @Test
  void textThatIsNotUtf8IsToldWithItsLine() {
    var files =
        new TreeMap<>(
            Map.of(
                "latin.csv",
                room.artifacts.put(
                    "id,name\n1,a\n2,caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1))));
    assertThatThrownBy(() -> room.register("latin", files))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("latin.csv, line 3: the byte 0xE9 is not UTF-8 text; save the file as UTF-8");
    var wide =
        new TreeMap<>(
            Map.of(
                "wide.csv",
                room.artifacts.put("\uFEFFid\n1\n".getBytes(StandardCharsets.UTF_16LE))));
    assertThatThrownBy(() -> room.register("wide", wide))
        .hasMessage("wide.csv is UTF-16 text; save it as UTF-8");
  }

  @Test
  void aListOfObjectsIsReadAsLinesOfThemAre() {
    var lines =
        room.register("l", room.texts("a.jsonl", "{\"id\": 1, \"t\": \"x\"}\n{\"id\": 2}\n"));
    var list =
        room.register(
            "a", room.texts("a.json", " \n[{\"id\": 1,\n \"t\": \"x\"}, {\"id\": 2}\n]\n"));
    assertThat(list.digest()).isEqualTo(lines.digest());
    assertRefused(
        "a.json",
        "\n[{\"id\": 1},\n 7]",
        SourceOptions.DEFAULT,
        "a.json, line 3: the list holds 7 where an object is due; write [{\"column\": value, ...}, ...]");
    assertRefused(
        "a.json",
        "[{\"id\": 1}]\n[]",
        SourceOptions.DEFAULT,
        "a.json, line 1: something follows the list; write all rows in one list, or one object a line");
    assertThatThrownBy(() -> room.register("a", room.texts("a.json", "[{\"id\": 1},\n{\"id\": 2")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("a.json, line 2, column ")
        .hasMessageContaining("not JSON");
  }

  @Test
  void nestedAndUnknownFormsAreRefused() throws IOException {
    assertRefused(
        "people.jsonl",
        "{\"id\": 1}\n{\"id\": [1]}\n",
        SourceOptions.DEFAULT,
        "people.jsonl, line 2, column \"id\": a list cannot be held in a table; write its parts as columns of their own");
    assertRefused(
        "people.jsonl",
        "{\"id\": 1\n",
        SourceOptions.DEFAULT.withTypes(new TreeMap<>()),
        message("people.jsonl", "{\"id\": 1\n"));
    assertRefused(
        "people.xlsx",
        "x",
        SourceOptions.DEFAULT,
        "people.xlsx: its name does not tell its format; name it .parquet, .csv or .jsonl, or say format: parquet, csv or jsonl");
    assertThatThrownBy(() -> room.register("people", room.texts("people.parquet", "not parquet")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("people.parquet cannot be read as Parquet: ")
        .hasMessageNotContaining(folder.toString());
    assertThatThrownBy(() -> room.register("people", room.texts("../people.csv", "a\n1\n")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("..");
    var nested = folder.resolve("nested.parquet");
    try (var engine = Engine.open(new Engine.Settings(List.of(), folder.resolve("w")))) {
      Files.copy(
          engine.writeParquet(
              "select 1 as id, [1, 2] as tags", engine.folder().resolve("n.parquet")),
          nested);
    }
    assertThatThrownBy(() ->
            room.register(
                "nested", new TreeMap<>(Map.of("nested.parquet", room.artifacts.putFile(nested)))))
        .hasMessage(
            "nested.parquet, column \"tags\": the type INTEGER[] is not supported; a dataset's columns hold text, numbers, truth values, dates and times: unnest or cast it first");
  }

  @Test
  void lineEndsInQuotesAreKeptAndLinesAreCountedOnce() {
    var version =
        room.register("ends", room.texts("a.csv", "n,t\r\n1,\"a\r\nb\"\r2,\"c\rd\"\n3,\"e\nf\"\n"));
    assertThat(room.datasets.frame(version.digest(), List.of()).text("t").values())
        .containsExactly("a\r\nb", "c\rd", "e\nf");
    assertRefused(
        "n,t\r\n1,\"a\r\nb\"\r\n2\r\n",
        "people.csv, line 4: 1 fields where 2 are due (n, t); put quotes around a field that holds \",\", or remove the row: 2");
  }

  private String message(String path, String text) {
    try {
      room.register("probe", room.texts(path, text));
    } catch (InvalidInput e) {
      assertThat(e.getMessage())
          .startsWith("people.jsonl, line 1, column ")
          .contains("not JSON")
          .contains("{\"id\": 1");
      return e.getMessage();
    }
    throw new AssertionError("taken");
  }

  @Test
  void equalTextGivesEqualBytesInAnotherStore() {
    var text = new StringBuilder("id,x,s\n");
    for (int i = 0; i < 300_000; i++)
      text.append(i).append(',').append(i * 0.1).append(",s").append(i % 97).append('\n');
    var first = room.register("big", room.texts("a.csv", text.toString()));
    try (var other = new DataRoom(Files.createDirectories(folder.resolve("other")))) {
      assertThat(other.register("big", other.texts("a.csv", text.toString())).digest())
          .isEqualTo(first.digest());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aTableOfFiveHundredColumnsIsTaken() {
    var csv = new StringBuilder();
    for (int row = -1; row < 100; row++)
      for (int i = 0; i < 500; i++)
        csv.append(
                row < 0
                    ? "c" + i
                    : i == 3 ? "" : i % 5 == 0 ? "t" + row : (row * (i + 1) % 97) / 8.0)
            .append(i < 499 ? ',' : '\n');
    var emptyType =
        types(room.register("narrow", room.texts("n.csv", "a,b\n1,\n2,\n")))
            .get(1)
            .replace("b", "c3");
    var types = types(room.register("wide", room.texts("wide.csv", csv.toString())));
    assertThat(types).hasSize(500).startsWith("c0 VARCHAR", "c1 DOUBLE", "c2 DOUBLE");
    assertThat(types.get(3)).isEqualTo(emptyType);
  }

  private com.fasterxml.jackson.databind.JsonNode asked(String file, String text) {
    var blob = room.texts(file, text).get(file);
    return room.datasets.rows(file, blob, Map.of("a", "number", "b", "text"), 10).path("rows");
  }

  @Test
  void rowsToPredictFromAreReadAsTheModelWillUseThem() {
    assertThat(asked("q.csv", "a,b\nNaN,007\n,08\n")).hasToString("[[null,\"007\"],[null,\"08\"]]");
    assertThatThrownBy(() -> asked("q.csv", "a,b\nNaN,x\ninf,x\n"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("q.csv, line 3, column \"a\": \"inf\" is not a number");
    assertThatThrownBy(() -> asked("q.jsonl", "{\"a\": 1}\n{\"a\": true}\n"))
        .hasMessageContaining("q.jsonl, line 2, column \"a\": \"true\" is not a number");
  }
}
