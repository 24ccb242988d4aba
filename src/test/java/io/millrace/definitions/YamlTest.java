package io.millrace.definitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import java.util.Set;
import org.junit.jupiter.api.Test;

class YamlTest {
  private static YamlNode read(String text) {
    return Yaml.read("a.yaml", text);
  }

  private static void refused(String text, String message) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(InvalidInput.class).hasMessage(message);
  }

  @Test
  void scalarsAreThoseOfYaml12() {
    var root = read("on: yes\nday: 2001-01-02\nn: 0x1f\nf: 1e3\nt: true\nnothing: ~\nq: '5'\n");
    assertThat(root.json())
        .hasToString(
            "{\"on\":\"yes\",\"day\":\"2001-01-02\",\"n\":31,\"f\":1000.0,\"t\":true,\"nothing\":null,\"q\":\"5\"}");
  }

  @Test
  void everyValueKnowsItsPlace() {
    var step =
        read("steps:\n  train: { uses: data/query }\n")
            .required("steps")
            .required("train")
            .required("uses");
    assertThat(step.place()).isEqualTo("a.yaml:2:18");
  }

  @Test
  void anUnknownKeyIsRefusedWithTheNearest() {
    assertThatThrownBy(() -> read("name: x\nstpes: {}\n").only(Set.of("name", "steps")))
        .hasMessage("a.yaml:2:1: unknown key \"stpes\"; did you mean \"steps\"?");
  }

  @Test
  void aRepeatedKeyIsRefused() {
    refused(
        "a: 1\nb: 2\na: 3\n",
        "a.yaml:3:1: the key \"a\" stands here already, in line 1; remove one of them");
  }

  @Test
  void aTextIsNoNumberAndANumberNoText() {
    assertThatThrownBy(() -> read("a: many").required("a").integer())
        .hasMessage("a.yaml:1:4: expected a whole number, got the text \"many\"");
    assertThatThrownBy(() -> read("a: 5").required("a").text())
        .hasMessage(
            "a.yaml:1:4: expected text, got the number 5; put it in quotes to make it text");
  }

  @Test
  void aMissingKeyIsNamed() {
    assertThatThrownBy(() -> read("a: 1").required("name"))
        .hasMessage("a.yaml:1:1: \"name\" is missing here; add it");
  }

  @Test
  void aliasesStandForTheirAnchors() {
    assertThat(read("a: &x [1, 2]\nb: *x\n").required("b").list()).hasSize(2);
  }

  @Test
  void anAliasBombIsRefused() {
    var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++)
      text.append(
          "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n"
              .formatted(i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1));
    assertThatThrownBy(() -> read(text.toString()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("stands for more than 100,000 values");
  }

  @Test
  void anAliasToWhatItIsPartOfIsRefused() {
    refused("a: &x [*x]\n", "a.yaml:1:8: *x refers to nothing above it, or to what it is part of");
  }

  @Test
  void tagsSecondDocumentsAndEmptyFilesAreRefused() {
    refused(
        "a: !!int 5\n", "a.yaml:1:4: tags such as tag:yaml.org,2002:int are not read; remove it");
    refused("a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document begins here; a file holds one");
    refused("# nothing\n", "a.yaml:1:1: the file is empty; expected KEY: VALUE lines");
  }

  @Test
  void brokenSyntaxIsShownWithItsPlace() {
    assertThatThrownBy(() -> read("a: [1, 2\nb: 3\n"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("a.yaml:2:2: not YAML: ");
    assertThatThrownBy(() -> read("a: \u0007"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("a.yaml");
  }

  @Test
  void deepNestingAndLongFilesAreRefused() {
    assertThatThrownBy(() -> read("[".repeat(100) + "]".repeat(100)))
        .hasMessage("a.yaml:1:66: nested deeper than 64 levels");
    assertThatThrownBy(() -> read("x".repeat(Yaml.LONGEST + 1))).isInstanceOf(TooLarge.class);
  }

  @Test
  void numbersThatAreNoneAreRefused() {
    refused("a: .nan\n", "a.yaml:1:4: .nan is no finite number; put it in quotes to make it text");
    refused(
        "a: 99999999999999999999\n",
        "a.yaml:1:4: 99999999999999999999 is beyond 64 bits; put it in quotes to make it text");
  }
}
