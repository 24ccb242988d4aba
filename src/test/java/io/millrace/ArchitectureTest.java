package io.millrace;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The tree is the architecture: which room may use which, and where a framework may be seen. */
class ArchitectureTest {
  private static final String ROOT = "io.millrace";
  private static final String MAIN = "Main";

  /** The allowed edges, one by one. A room uses only rooms above it in this list. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          entry("base", Set.of()),
          entry("artifacts", Set.of("base")),
          entry("metadata", Set.of("base", "artifacts")),
          entry("governance", Set.of("base")),
          entry("definitions", Set.of("base", "artifacts", "metadata")),
          entry("pipelines", Set.of("base", "artifacts", "metadata", "governance", "definitions")),
          entry("data", Set.of("base", "artifacts", "metadata", "definitions", "pipelines")),
          entry("experiments", Set.of("base", "artifacts", "metadata", "pipelines")),
          entry("models", Set.of("base", "artifacts")),
          entry(
              "evaluation", Set.of("base", "artifacts", "metadata", "pipelines", "data", "models")),
          entry(
              "training",
              Set.of(
                  "base", "artifacts", "pipelines", "data", "experiments", "models", "evaluation")),
          entry(
              "registry",
              Set.of(
                  "base",
                  "artifacts",
                  "metadata",
                  "pipelines",
                  "experiments",
                  "models",
                  "evaluation")),
          entry("migration", Set.of("base", "artifacts", "experiments", "models", "registry")),
          entry(
              "serving",
              Set.of(
                  "base",
                  "artifacts",
                  "metadata",
                  "definitions",
                  "pipelines",
                  "data",
                  "models",
                  "registry")),
          entry(
              "server",
              Set.of(
                  "base",
                  "artifacts",
                  "metadata",
                  "governance",
                  "definitions",
                  "pipelines",
                  "data",
                  "experiments",
                  "models",
                  "evaluation",
                  "training",
                  "registry",
                  "migration",
                  "serving")),
          entry("cli", Set.of("base", "server", "migration")),
          entry(MAIN, Set.of("cli")));

  /** Sub-packages named after the wire they speak. */
  private static final String[] WIRES = {
    ROOT + ".*.http..",
    ROOT + ".*.oip..",
    ROOT + ".*.mlflow..",
    ROOT + ".*.openlineage..",
    ROOT + ".server.."
  };

  private static final String[] FRAMEWORKS = {
    "io.quarkus..", "io.smallrye..", "io.vertx..", "io.grpc..", "jakarta.."
  };

  private static final JavaClasses PROGRAM =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void roomsUseOnlyTheRoomsTheyMay() {
    var wrong = new TreeSet<String>();
    for (var user : PROGRAM) {
      for (var dependency : user.getDirectDependenciesFromSelf()) {
        var used = dependency.getTargetClass().getBaseComponentType();
        if (!used.getPackageName().startsWith(ROOT)) continue;
        var from = room(user);
        var to = room(used);
        if (from.equals(to) || MAY_USE.getOrDefault(from, Set.of()).contains(to)) continue;
        wrong.add(
            "%s may not use %s: %s uses %s".formatted(from, to, user.getName(), used.getName()));
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void everyRoomIsInTheTable() {
    var rooms =
        PROGRAM.stream()
            .map(ArchitectureTest::room)
            .filter(Predicate.not(String::isEmpty))
            .collect(Collectors.toSet());
    assertThat(MAY_USE.keySet()).containsAll(rooms);
  }

  @Test
  void frameworksAreSeenOnlyAtTheWires() {
    noClasses()
        .that()
        .resideOutsideOfPackages(WIRES)
        .and()
        .doNotHaveFullyQualifiedName(ROOT + "." + MAIN)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(FRAMEWORKS)
        .because(
            "rooms are plain Java, so that they can be read, tested and embedded without a server")
        .check(PROGRAM);
  }

  @Test
  void kafkaIsSeenOnlyWhereStreamsSpeakToIt() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".serving.streams.kafka..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.kafka..")
        .because("a server without streams loads nothing of it")
        .check(PROGRAM);
  }

  @Test
  void nobodyStandsOnAWire() {
    classes()
        .that()
        .resideInAnyPackage(ROOT + ".*.http..", ROOT + ".*.oip..")
        .should()
        .onlyBeAccessed()
        .byAnyPackage(ROOT + ".*.http..", ROOT + ".*.oip..", ROOT + ".server..")
        .because("wire formats parse, call and render; rules live in the facades")
        .check(PROGRAM);
  }

  @Test
  void storesAreSeenOnlyInTheirRoom() {
    classes()
        .that()
        .haveSimpleNameEndingWith("Store")
        .and()
        .areTopLevelClasses()
        .should()
        .notBePublic()
        .because("only a room's own store knows its tables")
        .check(PROGRAM);
  }

  @Test
  void namesSayWhatAThingIs() {
    noClasses()
        .should()
        .haveNameMatching(".*(Impl|Manager|Helper|Helpers|Util|Utils|DTO|Dto)")
        .because("such a name says nothing")
        .check(PROGRAM);
  }

  @Test
  void everyPackageIsNullMarkedAndSaysWhatItIs() {
    var unmarked =
        PROGRAM.stream()
            .filter(c -> !c.getPackageName().equals(ROOT) && !c.getPackageName().endsWith(".proto"))
            .filter(c -> c.getPackage().tryGetAnnotationOfType(NullMarked.class).isEmpty())
            .map(JavaClass::getPackageName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(unmarked).as("packages without package-info.java and @NullMarked").isEmpty();
  }

  private static String room(JavaClass type) {
    if (type.getPackageName().equals(ROOT))
      return type.getSimpleName().startsWith(MAIN) ? MAIN : "";
    return type.getPackageName().substring(ROOT.length() + 1).split("\\.")[0];
  }
}
