package io.millrace.pipelines;

import io.millrace.definitions.YamlNode;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@code approval: { ask: "Deploy it?", within-minutes: 60, otherwise: reject }}: a step that
 * waits for somebody's decision. What it asks is its input {@link #ASK}.
 *
 * @param otherwise whether it counts as approved when nobody decides in time
 */
record ApprovalDefinition(Duration within, boolean otherwise) {
  static final String KEY = "approval";
  static final String ASK = "ask";
  static final String APPROVED = "approved";
  static final int LONGEST_MINUTES = 90 * 24 * 60;
  private static final int MINUTES = 7 * 24 * 60;
  private static final Set<String> NOT_BESIDE =
      Set.of("env", StepSecrets.KEY, "retry", "cache", "timeout-minutes");

  static ApprovalDefinition parse(YamlNode node) {
    node.only(Set.of(ASK, "within-minutes", "otherwise"));
    double minutes = node.optional("within-minutes").map(YamlNode::number).orElse((double) MINUTES);
    if (minutes <= 0 || minutes > LONGEST_MINUTES)
      throw node.required("within-minutes")
          .invalid(
              "within-minutes: got %s, expected more than 0 and at most %d (90 days)"
                  .formatted(node.required("within-minutes").json(), LONGEST_MINUTES));
    var otherwise = node.optional("otherwise");
    if (otherwise.isPresent() && !Set.of("reject", "approve").contains(otherwise.get().text()))
      throw otherwise
          .get()
          .invalid(
              "otherwise: got \"%s\", expected reject or approve"
                  .formatted(otherwise.get().text()));
    return new ApprovalDefinition(
        Duration.ofMillis(Math.max(1, Math.round(minutes * 60_000))),
        otherwise.map(o -> o.text().equals("approve")).orElse(false));
  }

  /** What it asks; refuses keys that go with other kinds of steps. */
  static YamlNode action(YamlNode step) {
    var node = step.required(KEY);
    for (var key : step.map().keySet()) {
      if (key.equals("uses") || key.equals("run"))
        throw step.key(key)
            .invalid("a step has one of \"uses\", \"run\" and \"approval\"; remove the others");
      if (NOT_BESIDE.contains(key) || ProcessParser.KEYS.contains(key))
        throw step.key(key).invalid("\"%s\" does not go with approval; remove it".formatted(key));
    }
    parse(node);
    var ask = node.required(ASK);
    if (ask.text().isBlank())
      throw ask.invalid("ask: the question is empty; expected one, such as \"Deploy it?\"");
    return ask;
  }

  static void input(YamlNode key, Map<String, Template> with) {
    ProcessParser.identifier(key, "input");
    if (with.containsKey(key.text()))
      throw key.invalid("the input \"ask\" is the question's own; choose another name");
  }

  /**
   * Whether a step that is needed was rejected, and the one that needs it does not ask for that by
   * itself: then it does not run, so that nothing goes on without approval by an omission.
   */
  static boolean isRejected(LiveRun run, StepDefinition step, String need) {
    var needed = run.pipeline.steps().get(need);
    var gave = run.outputs.get(need);
    if (needed == null || needed.approval().isEmpty() || gave == null) return false;
    var approved = gave.values().get(APPROVED);
    var reference = new Expression.Reference(need, APPROVED, null);
    return approved != null
        && !approved.asBoolean()
        && step.expressions().noneMatch(e -> e.references().contains(reference));
  }
}
