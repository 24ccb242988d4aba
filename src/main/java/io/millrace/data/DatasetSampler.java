package io.millrace.data;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Sample;
import io.millrace.pipelines.Sampler;
import io.millrace.pipelines.ValueType;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Draws samples of datasets for the tests of pipelines. */
public final class DatasetSampler implements Sampler {
  private final Artifacts artifacts;
  private final Datasets datasets;

  public DatasetSampler(Artifacts artifacts, Datasets datasets) {
    this.artifacts = artifacts;
    this.datasets = datasets;
  }

  @Override
  public ArtifactRef sample(String dataset, Sample sample) {
    return new ArtifactRef(
        ValueType.DATASET,
        switch (sample) {
          case Sample.Rows(var count) ->
              drawn(dataset, (_, all) -> "select * from %s limit %d".formatted(all, count));
          case Sample.Fraction(var share) ->
              drawn(
                  dataset,
                  (engine, all) ->
                      new Splitter(engine, all)
                          .plan(new Splitter.Way.Hash(null, share, 0))
                          .rows("test"));
          case Sample.File file -> read(dataset, file);
        });
  }

  private interface Drawing {
    String select(Engine engine, String all);
  }

  private Digest drawn(String dataset, Drawing drawing) {
    var version = datasets.database().read(s -> datasets.named(s, dataset));
    try (var engine = datasets.engine(1)) {
      return datasets.store(engine, drawing.select(engine, datasets.relation(version.digest())));
    }
  }

  private Digest read(String dataset, Sample.File file) {
    var options =
        file.definition().isEmpty()
            ? SourceOptions.DEFAULT
            : DatasetDefinition.parse("datasets/%s.yaml".formatted(dataset), file.definition())
                .options();
    var name = file.path().substring(file.path().lastIndexOf('/') + 1);
    var blob = artifacts.put(file.text().getBytes(StandardCharsets.UTF_8));
    return datasets.prepare(dataset, new TreeMap<>(Map.of(name, blob)), options).digest();
  }
}
