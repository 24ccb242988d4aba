package io.millrace.models.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.millrace.base.InvalidInput;
import io.millrace.base.Refused;
import io.millrace.base.Unsupported;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an ONNX file holds, read field by field without keeping its weights, so that the memory
 * needed does not grow with the file. It is read before the runtime sees it: external data would
 * make the runtime open files of this machine that the file's author chose.
 *
 * <p>The walk knows the standard's field numbers at which messages nest; wherever a tensor can
 * stand (initializers, sparse ones, attributes, subgraphs, functions, training graphs) it is looked
 * at.
 */
public final class OnnxFile {
  /** The largest file: a limit of protocol buffers. */
  public static final long LARGEST = Integer.MAX_VALUE;

  private static final Set<String> RUNTIME_DOMAINS =
      Set.of("", "ai.onnx", OnnxGraph.ML, "com.microsoft");
  private static final int DEEPEST = 100;

  private enum Message {
    MODEL,
    GRAPH,
    NODE,
    ATTRIBUTE,
    TENSOR,
    SPARSE,
    FUNCTION,
    TRAINING,
    OPSET,
    ENTRY
  }

  /** Which fields of a message hold which messages. */
  private static final Map<Message, Map<Integer, Message>> NESTED =
      Map.of(
          Message.MODEL,
              Map.of(
                  7, Message.GRAPH, 8, Message.OPSET, 20, Message.TRAINING, 25, Message.FUNCTION),
          Message.GRAPH, Map.of(1, Message.NODE, 5, Message.TENSOR, 15, Message.SPARSE),
          Message.NODE, Map.of(5, Message.ATTRIBUTE),
          Message.ATTRIBUTE,
              Map.of(
                  5,
                  Message.TENSOR,
                  6,
                  Message.GRAPH,
                  10,
                  Message.TENSOR,
                  11,
                  Message.GRAPH,
                  22,
                  Message.SPARSE,
                  23,
                  Message.SPARSE),
          Message.TENSOR, Map.of(13, Message.ENTRY),
          Message.SPARSE, Map.of(1, Message.TENSOR, 2, Message.TENSOR),
          Message.FUNCTION, Map.of(7, Message.NODE, 9, Message.OPSET, 11, Message.ATTRIBUTE),
          Message.TRAINING, Map.of(1, Message.GRAPH, 2, Message.GRAPH),
          Message.OPSET, Map.of(),
          Message.ENTRY, Map.of());

  /** Operators by domain, an example of each foreign one. */
  private final Map<String, String> domains = new TreeMap<>();

  private final Set<String> functionDomains = new TreeSet<>();
  private boolean graphSeen;
  private long irVersion;

  private OnnxFile() {}

  /**
   * Reads the file and refuses what must not or cannot be loaded, saying what it is and what to do.
   */
  public static void check(String model, InputStream in) throws IOException {
    var file = new OnnxFile();
    var coded = CodedInputStream.newInstance(in, 1 << 16);
    coded.setSizeLimit((int) LARGEST);
    try {
      if (coded.isAtEnd()) throw notOnnx(model, "it is empty");
      file.walk(model, Message.MODEL, coded, 0, "the model");
    } catch (InvalidProtocolBufferException e) {
      throw notOnnx(model, String.valueOf(e.getMessage()));
    }
    if (!file.graphSeen || file.irVersion == 0)
      throw notOnnx(model, "it has no graph or no version");
    file.domains.keySet().removeAll(RUNTIME_DOMAINS);
    file.domains.keySet().removeAll(file.functionDomains);
    file.domains.forEach((domain, operator) -> {
      throw new Unsupported(
          "%s: operator %s of domain \"%s\" is not part of ONNX and needs a library of its own, which is not loaded here; export the model with operators of ONNX only"
              .formatted(model, operator, domain));
    });
  }

  private static InvalidInput notOnnx(String model, String why) {
    return new InvalidInput("%s is not an ONNX file: %s".formatted(model, why));
  }

  private void walk(String model, Message message, CodedInputStream in, int depth, String where)
      throws IOException {
    if (depth > DEEPEST) throw notOnnx(model, "messages nest more than %d deep".formatted(DEEPEST));
    var nested = NESTED.getOrDefault(message, Map.of());
    String name = "";
    String operator = "";
    String domain = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int field = WireFormat.getTagFieldNumber(tag);
      int wire = WireFormat.getTagWireType(tag);
      var inner = nested.get(field);
      if (inner != null && wire == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        if (inner == Message.ENTRY) throw external(model, name, where);
        if (message == Message.MODEL && inner == Message.GRAPH) graphSeen = true;
        int limit = in.pushLimit(in.readRawVarint32());
        walk(model, inner, in, depth + 1, inside(message, operator, name, where));
        in.checkLastTagWas(0);
        in.popLimit(limit);
      } else if (wire == WireFormat.WIRETYPE_LENGTH_DELIMITED && isText(message, field)) {
        var text = new String(in.readByteArray(), StandardCharsets.UTF_8);
        switch (message) {
          case NODE -> {
            if (field == 3) name = text;
            if (field == 4) operator = text;
            if (field == 7) domain = text;
          }
          case FUNCTION -> functionDomains.add(text);
          case MODEL, GRAPH, ATTRIBUTE, TENSOR, SPARSE, TRAINING, OPSET, ENTRY -> name = text;
        }
      } else if (message == Message.TENSOR && field == 14 && wire == WireFormat.WIRETYPE_VARINT) {
        if (in.readInt64() != 0) throw external(model, name, where);
      } else if (message == Message.MODEL && field == 1 && wire == WireFormat.WIRETYPE_VARINT) {
        irVersion = in.readInt64();
      } else if (!in.skipField(tag)) {
        throw notOnnx(model, "a group ends that never began");
      }
    }
    if (message == Message.NODE) {
      if (domain.equals("com.microsoft") && operator.equals("EPContext"))
        throw external(model, name, "an EPContext node");
      domains.putIfAbsent(domain, operator);
    }
  }

  private static boolean isText(Message message, int field) {
    return switch (message) {
      case NODE -> field == 3 || field == 4 || field == 7;
      case FUNCTION -> field == 10;
      case TENSOR -> field == 8;
      case ATTRIBUTE -> field == 1;
      case MODEL, GRAPH, SPARSE, TRAINING, OPSET, ENTRY -> false;
    };
  }

  private static String inside(Message message, String operator, String name, String where) {
    return switch (message) {
      case NODE -> "node %s %s".formatted(operator, name).strip();
      case ATTRIBUTE -> "attribute \"%s\" of %s".formatted(name, where);
      case FUNCTION -> "a function";
      case TRAINING -> "a training graph";
      case MODEL, GRAPH, TENSOR, SPARSE, OPSET, ENTRY -> where;
    };
  }

  private static Refused external(String model, String tensor, String where) {
    return new Refused(
        "%s: tensor \"%s\" in %s keeps its data in another file, which is refused since such a path may name any file. Save the model as one file: onnx.save_model(model, path, save_as_external_data=False), or mlflow.onnx.save_model(..., save_as_external_data=False)"
            .formatted(model, tensor, where));
  }
}
