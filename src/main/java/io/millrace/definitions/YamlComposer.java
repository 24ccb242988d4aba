package io.millrace.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.InvalidInput;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;

/** Builds the nodes of one document from the parser's events. */
final class YamlComposer {
  private static final int DEEPEST = 64;

  /**
   * Counted as if every alias were written out, so that a few lines cannot stand for billions of
   * values.
   */
  private static final long MOST_NODES = 100_000;

  // The core schema of YAML 1.2.
  private static final Pattern NOTHING = Pattern.compile("|~|null|Null|NULL");
  private static final Pattern TRUTH = Pattern.compile("true|True|TRUE|false|False|FALSE");
  private static final Pattern DECIMAL = Pattern.compile("[-+]?[0-9]+");
  private static final Pattern OCTAL = Pattern.compile("0o[0-7]+");
  private static final Pattern HEXADECIMAL = Pattern.compile("0x[0-9a-fA-F]+");
  private static final Pattern FRACTION =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
  private static final Pattern NOT_FINITE =
      Pattern.compile("[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");

  private final String file;
  private final Iterator<Event> events;
  private final Map<Anchor, Sized> anchors = new HashMap<>();

  /** A node and how many values it stands for. */
  private record Sized(YamlNode node, long size) {}

  YamlComposer(String file, Iterator<Event> events) {
    this.file = file;
    this.events = events;
  }

  YamlNode document() {
    events.next();
    var start = events.next();
    if (start.getEventId() == Event.ID.StreamEnd)
      throw new InvalidInput(
          "%s:1:1: the file is empty; expected KEY: VALUE lines".formatted(file));
    var root = node(events.next(), 0).node();
    events.next();
    var end = events.next();
    if (end.getEventId() != Event.ID.StreamEnd)
      throw at(end).invalid("a second document begins here; a file holds one");
    return root;
  }

  private Sized node(Event event, int depth) {
    if (depth > DEEPEST) throw at(event).invalid("nested deeper than %d levels".formatted(DEEPEST));
    return switch (event) {
      case AliasEvent alias -> aliased(alias);
      case ScalarEvent scalar -> {
        refuseTag(scalar, scalar.getTag());
        yield keep(scalar, new Sized(node(scalar, new YamlNode.Content.Scalar(value(scalar))), 1));
      }
      case SequenceStartEvent start -> {
        refuseTag(start, start.getTag());
        yield keep(start, items(start, depth));
      }
      case MappingStartEvent start -> {
        refuseTag(start, start.getTag());
        yield keep(start, entries(start, depth));
      }
      default -> throw new IllegalStateException("unexpected " + event);
    };
  }

  private Sized aliased(AliasEvent alias) {
    var found = anchors.get(alias.getAlias());
    if (found == null) {
      throw at(alias)
          .invalid(
              "*%s refers to nothing above it, or to what it is part of"
                  .formatted(alias.getAlias()));
    }
    return found;
  }

  private Sized keep(NodeEvent event, Sized sized) {
    if (sized.size() > MOST_NODES)
      throw at(event)
          .invalid("stands for more than %,d values, aliases written out".formatted(MOST_NODES));
    event.getAnchor().ifPresent(anchor -> anchors.put(anchor, sized));
    return sized;
  }

  private Sized items(SequenceStartEvent start, int depth) {
    var items = new ArrayList<YamlNode>();
    long size = 1;
    for (var event = events.next();
        event.getEventId() != Event.ID.SequenceEnd;
        event = events.next()) {
      var item = node(event, depth + 1);
      size += item.size();
      items.add(item.node());
    }
    return new Sized(node(start, new YamlNode.Content.Items(List.copyOf(items))), size);
  }

  private Sized entries(MappingStartEvent start, int depth) {
    var keys = new LinkedHashMap<String, YamlNode>();
    var values = new LinkedHashMap<String, YamlNode>();
    long size = 1;
    for (var event = events.next();
        event.getEventId() != Event.ID.MappingEnd;
        event = events.next()) {
      if (!(event instanceof ScalarEvent scalar)) throw at(event).invalid("a key must be text");
      refuseTag(scalar, scalar.getTag());
      var name = scalar.getValue();
      var key = node(scalar, new YamlNode.Content.Scalar(TextNode.valueOf(name)));
      var before = keys.putIfAbsent(name, key);
      if (before != null)
        throw key.invalid(
            "the key \"%s\" stands here already, in line %d; remove one of them"
                .formatted(name, before.line()));
      var value = node(events.next(), depth + 1);
      size += 1 + value.size();
      values.put(name, value.node());
    }
    return new Sized(node(start, new YamlNode.Content.Entries(keys, values)), size);
  }

  private void refuseTag(Event event, Optional<String> tag) {
    if (tag.isPresent() && !tag.get().equals("!"))
      throw at(event).invalid("tags such as %s are not read; remove it".formatted(tag.get()));
  }

  private JsonNode value(ScalarEvent scalar) {
    var text = scalar.getValue();
    if (scalar.getScalarStyle() != ScalarStyle.PLAIN || scalar.getTag().isPresent())
      return TextNode.valueOf(text);
    if (NOTHING.matcher(text).matches()) return NullNode.getInstance();
    if (TRUTH.matcher(text).matches())
      return BooleanNode.valueOf(text.charAt(0) == 't' || text.charAt(0) == 'T');
    try {
      if (DECIMAL.matcher(text).matches()) return LongNode.valueOf(Long.parseLong(text));
      if (OCTAL.matcher(text).matches())
        return LongNode.valueOf(Long.parseLong(text.substring(2), 8));
      if (HEXADECIMAL.matcher(text).matches())
        return LongNode.valueOf(Long.parseLong(text.substring(2), 16));
    } catch (NumberFormatException e) {
      throw at(scalar)
          .invalid("%s is beyond 64 bits; put it in quotes to make it text".formatted(text));
    }
    if (NOT_FINITE.matcher(text).matches())
      throw at(scalar)
          .invalid("%s is no finite number; put it in quotes to make it text".formatted(text));
    if (!FRACTION.matcher(text).matches()) return TextNode.valueOf(text);
    double number = Double.parseDouble(text);
    if (Double.isInfinite(number))
      throw at(scalar).invalid("%s is too large a number".formatted(text));
    return DoubleNode.valueOf(number);
  }

  private YamlNode node(Event event, YamlNode.Content content) {
    var mark = event.getStartMark();
    int line = mark.map(m -> m.getLine() + 1).orElse(1);
    int column = mark.map(m -> m.getColumn() + 1).orElse(1);
    return new YamlNode(file, line, column, content);
  }

  private YamlNode at(Event event) {
    return node(event, new YamlNode.Content.Scalar(NullNode.getInstance()));
  }
}
