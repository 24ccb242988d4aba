package io.millrace.training;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;

/**
 * The trainers, from the simplest to the strongest; each also fits the simpler ones as baselines.
 */
enum TrainerKind {
  TRIVIAL,
  LINEAR,
  XGBOOST;

  @JsonValue
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  String component() {
    return "train/" + word();
  }

  /** What is fitted beside it on the same rows. */
  List<TrainerKind> baselines() {
    return switch (this) {
      case TRIVIAL -> List.of();
      case LINEAR -> List.of(TRIVIAL);
      case XGBOOST -> List.of(TRIVIAL, LINEAR);
    };
  }
}
