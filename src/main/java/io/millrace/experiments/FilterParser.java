package io.millrace.experiments;

import io.millrace.base.InvalidInput;
import io.millrace.experiments.Comparison.Field;
import io.millrace.experiments.Comparison.Operator;
import io.millrace.experiments.Comparison.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads MLflow's search grammar: comparisons joined by AND.
 *
 * <pre>
 * filter     = comparison { "AND" comparison } [ "AND" ]
 * comparison = field operator value | field "IS" ["NOT"] "NULL" | field ["NOT"] "IN" "(" text {"," text} ")"
 * field      = [ name "." ] key          key: name, `anything` or "anything"
 * value      = number | 'text' | "text"  without an escape for quotes
 * </pre>
 */
public final class FilterParser {
  private static final int LONGEST = 20_000;
  private static final int MOST = 100;
  private static final int MOST_IN_LIST = 1_000;

  private final String text;
  private int at;

  private FilterParser(String text) {
    this.text = text;
  }

  /** The comparisons; none for an empty filter. */
  public static List<Comparison> parse(@Nullable String filter) {
    if (filter == null || filter.isEmpty()) return List.of();
    if (filter.length() > LONGEST)
      throw new InvalidInput(
          "filter: got %,d characters, expected %,d at most".formatted(filter.length(), LONGEST));
    if (filter.isBlank())
      throw new InvalidInput("Invalid filter: it is blank; leave it out, or give a comparison");
    return new FilterParser(filter).filter();
  }

  /** What to order by: a field, then ASC or DESC. */
  public static Order order(String clause) {
    var parser = new FilterParser(clause);
    int position = parser.next();
    var field = parser.field();
    boolean ascending = true;
    if (parser.isWord("DESC")) ascending = false;
    else parser.isWord("ASC");
    if (parser.next() < clause.length())
      throw parser.invalid("expected ASC, DESC or the end of the order_by clause");
    return new Order(field, ascending, position + 1);
  }

  /** A field to order by. */
  public record Order(Field field, boolean ascending, int position) {}

  private List<Comparison> filter() {
    var comparisons = new ArrayList<Comparison>();
    while (true) {
      if (comparisons.size() == MOST)
        throw invalid("expected %d comparisons at most".formatted(MOST));
      comparisons.add(comparison());
      if (next() == text.length()) return comparisons;
      if (!isWord("AND")) throw invalid("expected AND or the end of the filter");
      if (next() == text.length()) return comparisons;
    }
  }

  private Comparison comparison() {
    int position = next() + 1;
    var field = field();
    if (isWord("IS")) {
      boolean not = isWord("NOT");
      if (!isWord("NULL")) throw invalid("expected NULL");
      return new Comparison(
          field, not ? Operator.IS_NOT_NULL : Operator.IS_NULL, new Value.None(), position);
    }
    if (isWord("NOT")) {
      if (!isWord("IN")) throw invalid("expected IN");
      return new Comparison(field, Operator.NOT_IN, list(), position);
    }
    if (isWord("IN")) return new Comparison(field, Operator.IN, list(), position);
    if (isWord("LIKE")) return new Comparison(field, Operator.LIKE, value(), position);
    if (isWord("ILIKE")) return new Comparison(field, Operator.ILIKE, value(), position);
    next();
    for (var symbol : List.of("!=", ">=", "<=", "=", ">", "<")) {
      if (!text.startsWith(symbol, at)) continue;
      at += symbol.length();
      for (var operator : Operator.values())
        if (operator.text().equals(symbol))
          return new Comparison(field, operator, value(), position);
    }
    throw invalid("expected one of = != > >= < <= LIKE ILIKE IN NOT IN IS NULL, IS NOT NULL");
  }

  private Field field() {
    var first = key();
    if (at < text.length() && text.charAt(at) == '.') {
      at++;
      return new Field(first, key());
    }
    int dot = first.indexOf('.');
    // tags.mlflow.runName needs no quotes: what stands before the first dot is the type.
    if (dot > 0 && !quoted) return new Field(first.substring(0, dot), first.substring(dot + 1));
    return new Field(null, first);
  }

  private boolean quoted;

  private String key() {
    next();
    quoted = false;
    if (at == text.length()) throw invalid("expected a field, such as metrics.auc");
    char c = text.charAt(at);
    if (c == '`' || c == '"') {
      quoted = true;
      return quotedText(c);
    }
    int from = at;
    while (at < text.length() && isKey(text.charAt(at))) at++;
    if (from == at) throw invalid("expected a field, such as metrics.auc");
    var word = text.substring(from, at);
    // A trailing dot belongs to a quoted key: params.`a b`.
    if (word.endsWith(".")
        && at < text.length()
        && (text.charAt(at) == '`' || text.charAt(at) == '"')) {
      at--;
      return word.substring(0, word.length() - 1);
    }
    return word;
  }

  private static boolean isKey(char c) {
    return Character.isLetterOrDigit(c) || "_.-/:".indexOf(c) >= 0;
  }

  private String quotedText(char quote) {
    int end = text.indexOf(quote, at + 1);
    if (end < 0) throw invalid("expected a closing %s".formatted(quote));
    var inside = text.substring(at + 1, end);
    at = end + 1;
    return inside;
  }

  private Value value() {
    next();
    if (at == text.length()) throw invalid("expected a value");
    char c = text.charAt(at);
    if (c == '\'' || c == '"') return new Value.Text(quotedText(c));
    if (c == '(') throw invalid("expected a number or a text in quotes, not a list");
    int from = at;
    while (at < text.length()
        && !Character.isWhitespace(text.charAt(at))
        && text.charAt(at) != ')'
        && text.charAt(at) != ',') at++;
    var word = text.substring(from, at);
    if (!word.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")) {
      at = from;
      throw invalid("expected a number, or a text in quotes");
    }
    return new Value.Numeric(Double.parseDouble(word), word);
  }

  private Value list() {
    next();
    if (at == text.length() || text.charAt(at) != '(') throw invalid("expected ( and a list");
    at++;
    var texts = new ArrayList<String>();
    while (true) {
      if (!(value() instanceof Value.Text one)) throw invalid("expected a text in quotes");
      texts.add(one.text());
      if (texts.size() > MOST_IN_LIST)
        throw invalid("expected %,d values in a list at most".formatted(MOST_IN_LIST));
      next();
      if (at == text.length()) throw invalid("expected , or )");
      char c = text.charAt(at++);
      if (c == ')') return new Value.Texts(List.copyOf(texts));
      if (c != ',') {
        at--;
        throw invalid("expected , or )");
      }
      if (next() < text.length() && text.charAt(at) == ')') {
        at++;
        return new Value.Texts(List.copyOf(texts));
      }
    }
  }

  /** Takes the word if it stands here. */
  private boolean isWord(String word) {
    next();
    int end = at + word.length();
    if (!text.regionMatches(true, at, word, 0, word.length())) return false;
    if (end < text.length()
        && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '_')) return false;
    at = end;
    return true;
  }

  private int next() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) at++;
    return at;
  }

  private InvalidInput invalid(String expected) {
    int end = at;
    while (end < text.length() && end < at + 30 && !Character.isWhitespace(text.charAt(end))) end++;
    var got = at >= text.length() ? "the end" : "\"" + text.substring(at, end) + "\"";
    return new InvalidInput(
        "Invalid filter at position %d: got %s, %s".formatted(at + 1, got, expected));
  }

  /** A comparison's own fault. */
  public static InvalidInput invalid(Comparison comparison, String expected) {
    return invalid(comparison.field(), comparison.position(), expected);
  }

  static InvalidInput invalid(Field field, int position, String expected) {
    return new InvalidInput(
        String.format(
            Locale.ROOT, "Invalid filter at position %d: \"%s\" %s", position, field, expected));
  }
}
