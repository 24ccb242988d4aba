package io.millrace.server;

import io.millrace.data.Engine;
import io.millrace.data.TableFiles;
import io.millrace.experiments.Tables;
import java.util.List;
import java.util.function.Consumer;

/** Lets the data room write the tables of experiments. */
final class ParquetTables implements Tables {
  private final TableFiles files;

  ParquetTables(TableFiles files) {
    this.files = files;
  }

  @Override
  public File parquet(List<Column> columns, Consumer<Rows> source) {
    var types = columns.stream().map(c -> new Engine.ColumnType(c.name(), type(c.type()))).toList();
    var file = files.parquet(types, rows -> source.accept(rows::add));
    return new File(file.content(), file.bytes());
  }

  private static String type(Type type) {
    return switch (type) {
      case TEXT -> "VARCHAR";
      case NUMBER -> "DOUBLE";
      case WHOLE -> "BIGINT";
      case TIME -> "TIMESTAMP WITH TIME ZONE";
    };
  }
}
