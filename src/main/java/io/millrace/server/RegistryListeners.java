package io.millrace.server;

import io.millrace.base.Transaction;
import io.millrace.pipelines.TriggerEvents;
import io.millrace.registry.Alias;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelVersion;
import io.millrace.registry.RegisteredModel;
import io.millrace.registry.RegistryEvents;
import io.millrace.registry.VersionId;
import io.millrace.registry.Webhooks;

/** Tells webhooks of all that happens in the registry, and triggers of versions and aliases. */
record RegistryListeners(Webhooks webhooks, TriggerEvents triggers) implements RegistryEvents {
  @Override
  public void modelCreated(Transaction tx, RegisteredModel model) {
    webhooks.modelCreated(tx, model);
  }

  @Override
  public void modelTagSet(Transaction tx, RegisteredModel model, String key, String value) {
    webhooks.modelTagSet(tx, model, key, value);
  }

  @Override
  public void modelTagDeleted(Transaction tx, RegisteredModel model, String key) {
    webhooks.modelTagDeleted(tx, model, key);
  }

  @Override
  public void versionCreated(Transaction tx, ModelVersion version) {
    webhooks.versionCreated(tx, version);
    triggers.modelVersion(tx, version.model().value(), version.number());
  }

  @Override
  public void tagSet(Transaction tx, VersionId id, String key, String value) {
    webhooks.tagSet(tx, id, key, value);
  }

  @Override
  public void tagDeleted(Transaction tx, VersionId id, String key) {
    webhooks.tagDeleted(tx, id, key);
  }

  @Override
  public void aliasCreated(Transaction tx, VersionId id, Alias alias) {
    webhooks.aliasCreated(tx, id, alias);
    triggers.aliasMoved(tx, id.model().value(), id.number(), alias.value());
  }

  @Override
  public void aliasDeleted(Transaction tx, ModelName model, Alias alias) {
    webhooks.aliasDeleted(tx, model, alias);
  }
}
