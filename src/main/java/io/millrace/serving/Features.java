package io.millrace.serving;

import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Feed;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Completes requests with the inputs that they leave out, by the keys that they give. What a
 * request gives itself wins; one that gives all inputs needs no keys. Immutable.
 */
public final class Features {
  private final FeatureLookup lookup;
  private final Signature model;

  /** The model's inputs that are looked up where a request leaves them out. */
  private final List<Field> found;

  /** The keys, as a request gives them. */
  private final List<Field> keys;

  /** All that a request may give. */
  private final Signature readable;

  /** What a request has to give. */
  private final Signature asked;

  /** What is looked up, for people to read. */
  public record Described(String version, long size, List<String> keys, List<String> inputs) {}

  private Features(FeatureLookup lookup, Signature model, List<Field> found) {
    this.lookup = lookup;
    this.model = model;
    this.found = List.copyOf(found);
    keys = lookup.keys().stream().map(key -> model.findInput(key.name()).orElse(key)).toList();
    var all =
        new ArrayList<>(keys.stream().filter(k -> model.findInput(k.name()).isEmpty()).toList());
    var needed = new ArrayList<>(all);
    all.addAll(model.inputs());
    model.inputs().stream().filter(input -> !found.contains(input)).forEach(needed::add);
    readable = new Signature(all, model.outputs());
    asked = new Signature(needed, model.outputs());
  }

  /** InvalidInput where the features are not what the model takes. */
  static Features of(FeatureLookup lookup, Signature model) {
    for (var key : lookup.keys())
      model
          .findInput(key.name())
          .filter(input -> !input.columnar())
          .ifPresent(input -> {
            throw new InvalidInput(
                "features: the key \"%s\" is an input of the model with shape %s, expected one value a row"
                    .formatted(key.name(), input.shape()));
          });
    var found = new ArrayList<Field>();
    for (var input : model.inputs()) {
      var type = lookup.columns().get(input.name());
      if (type == null || !input.columnar()) continue;
      if (type == DataType.BYTES && input.datatype() != DataType.BYTES)
        throw new InvalidInput(
            "features: column \"%s\" of %s holds texts, and the model takes %s"
                .formatted(input.name(), lookup.version(), input.datatype()));
      found.add(input);
    }
    if (found.isEmpty())
      throw new InvalidInput(
          "features: %s has no column that is an input of the model, which takes %s"
              .formatted(lookup.version(), String.join(", ", model.inputNames())));
    return new Features(lookup, model, found);
  }

  public Described described() {
    return new Described(
        lookup.version(),
        lookup.size(),
        keys.stream().map(Field::name).toList(),
        found.stream().map(Field::name).toList());
  }

  String version() {
    return lookup.version();
  }

  Signature readable() {
    return readable;
  }

  Signature asked() {
    return asked;
  }

  /** The request's context, and which features it was completed from. */
  Map<String, String> context(Map<String, String> given) {
    var context = new TreeMap<>(given);
    context.put("features", lookup.version());
    return context;
  }

  /** What of a completed request the model takes. */
  List<Tensor> taken(List<Tensor> inputs) {
    return inputs.subList(inputs.size() - model.inputs().size(), inputs.size());
  }

  /** Inputs as they were logged, without keys that are none of the model's. */
  List<Tensor> withoutKeys(List<Tensor> inputs) {
    var names = keys.stream().map(Field::name).toList();
    return inputs.stream()
        .filter(t -> model.findInput(t.name()).isPresent() || !names.contains(t.name()))
        .toList();
  }

  /** With every input of the model, in its order, after those keys that are none of them. */
  InferRequest completed(InferRequest request) {
    var given = new HashMap<String, Tensor>();
    request.inputs().forEach(tensor -> given.put(tensor.name(), tensor));
    var wanted = found.stream().filter(input -> !given.containsKey(input.name())).toList();
    refuseMissing(given, wanted);
    if (!wanted.isEmpty()) lookUp(given, wanted);
    var inputs = new ArrayList<Tensor>();
    for (var field : readable.inputs())
      if (given.get(field.name()) instanceof Tensor tensor) inputs.add(tensor);
    return new InferRequest(request.id(), request.parameters(), inputs, request.outputs());
  }

  private void refuseMissing(Map<String, Tensor> given, List<Field> wanted) {
    var due = wanted.isEmpty() ? model.inputs() : asked.inputs();
    var missing = due.stream().filter(field -> !given.containsKey(field.name())).toList();
    if (!missing.isEmpty()) throw MissingInputs.refused(missing);
  }

  private void lookUp(Map<String, Tensor> given, List<Field> wanted) {
    var sent = keys.stream().map(key -> Objects.requireNonNull(given.get(key.name()))).toList();
    int rows = sent.getFirst().size();
    for (var tensor : given.values())
      if (tensor.rows() != rows)
        throw new InvalidInput(
            "input \"%s\" has %,d rows, and the key \"%s\" has %,d: expected as many"
                .formatted(tensor.name(), tensor.rows(), keys.getFirst().name(), rows));
    var columns = new HashMap<String, Object>();
    for (var values : lookup.find(sent, rows, wanted.stream().map(Field::name).toList())) {
      refuseUnknown(model.input(values.column()), values.statuses(), sent);
      columns.put(values.column(), values.values());
    }
    for (var tensor : Feed.tensors(new Signature(wanted, List.of()), columns, 0, rows))
      given.put(tensor.name(), tensor);
  }

  /**
   * A key that is not there may be one mistyped, and most models would answer without a word: who
   * means somebody new sends the inputs, as missing where the model allows that.
   */
  private void refuseUnknown(Field input, FeatureLookup.Status[] statuses, List<Tensor> sent) {
    for (int row = 0; row < statuses.length; row++) {
      if (statuses[row] != FeatureLookup.Status.NOT_FOUND) continue;
      int at = row;
      var key =
          String.join(
              ", ", sent.stream().map(k -> "%s = %s".formatted(k.name(), k.at(at))).toList());
      throw new InvalidInput(
          "row %,d: %s has no %s, where the model's input \"%s\" is looked up: send it with the request, or register a version of the dataset with that key and deploy again"
              .formatted(row + 1, lookup.version(), key, input.name()));
    }
  }
}
