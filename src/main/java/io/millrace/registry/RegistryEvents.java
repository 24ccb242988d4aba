package io.millrace.registry;

import io.millrace.base.Transaction;

/** Told of what happens in the registry, in the transaction in which it happens. */
public interface RegistryEvents {
  void modelCreated(Transaction tx, RegisteredModel model);

  void modelTagSet(Transaction tx, RegisteredModel model, String key, String value);

  void modelTagDeleted(Transaction tx, RegisteredModel model, String key);

  void versionCreated(Transaction tx, ModelVersion version);

  void tagSet(Transaction tx, VersionId id, String key, String value);

  void tagDeleted(Transaction tx, VersionId id, String key);

  void aliasCreated(Transaction tx, VersionId id, Alias alias);

  void aliasDeleted(Transaction tx, ModelName model, Alias alias);

  /** Tells nobody. */
  RegistryEvents NONE =
      new RegistryEvents() {
        @Override
        public void modelCreated(Transaction tx, RegisteredModel model) {}

        @Override
        public void modelTagSet(Transaction tx, RegisteredModel model, String key, String value) {}

        @Override
        public void modelTagDeleted(Transaction tx, RegisteredModel model, String key) {}

        @Override
        public void versionCreated(Transaction tx, ModelVersion version) {}

        @Override
        public void tagSet(Transaction tx, VersionId id, String key, String value) {}

        @Override
        public void tagDeleted(Transaction tx, VersionId id, String key) {}

        @Override
        public void aliasCreated(Transaction tx, VersionId id, Alias alias) {}

        @Override
        public void aliasDeleted(Transaction tx, ModelName model, Alias alias) {}
      };
}
