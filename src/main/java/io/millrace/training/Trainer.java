package io.millrace.training;

/** Fits models of one kind. */
interface Trainer {
  Fitted fit(Examples examples, TrainingRequest.Settings settings, Reports reports);
}
