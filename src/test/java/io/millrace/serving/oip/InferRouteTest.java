package io.millrace.serving.oip;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.serving.oip.InferRoute.Target;
import org.junit.jupiter.api.Test;

class InferRouteTest {
  @Test
  void aPathNamesAModelAndPerhapsItsVersion() {
    assertThat(Target.of("/v2/models/m/infer")).isEqualTo(new Target("m", null));
    assertThat(Target.of("/v2/models/m/versions/12/infer")).isEqualTo(new Target("m", "12"));
    assertThat(Target.of("/v2/models/infer/infer")).isEqualTo(new Target("infer", null));
    assertThat(Target.of("/v2/models/versions/infer")).isEqualTo(new Target("versions", null));
  }

  @Test
  void otherPathsGoOnToOtherRoutes() {
    for (var path :
        new String[] {
          "/v2/models/infer",
          "/v2/models//infer/",
          "/v2/models/m/ready",
          "/v2/models/m/versions/infer",
          "/v2/models/m/versions/1/2/infer",
          "/v2/models/m/other/1/infer",
          "/v2/models/m/inference",
          "/v2/health/infer"
        }) assertThat(Target.of(path)).as(path).isNull();
    assertThat(Target.of(null)).isNull();
  }

  @Test
  void namesAreDecodedAsPathsAreWhereAPlusIsAPlus() {
    assertThat(Target.of("/v2/models/a%20b%2Fc+d/infer")).isEqualTo(new Target("a b/c+d", null));
  }
}
