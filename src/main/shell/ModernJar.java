import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Copies a jar, giving classes of Java 5 the format of Java 8, so that the JVM's AOT cache takes
 * them. Run by the build on picocli, whose published classes are that old: java ModernJar.java
 * IN.jar OUT.jar
 */
final class ModernJar {
  private static final int JAVA_6 = 50;
  private static final int JAVA_8 = 52;

  public static void main(String[] args) throws IOException {
    var in = Path.of(args[0]);
    try (var jar = new JarFile(in.toFile());
        var loader = new URLClassLoader(new URL[] {in.toUri().toURL()});
        var out = new ZipOutputStream(Files.newOutputStream(Path.of(args[1])))) {
      var hierarchy =
          ClassHierarchyResolver.ofResourceParsing(loader)
              .orElse(ClassHierarchyResolver.defaultResolver());
      var format =
          ClassFile.of(
              ClassFile.ClassHierarchyResolverOption.of(hierarchy),
              ClassFile.StackMapsOption.GENERATE_STACK_MAPS);
      for (var entry : (Iterable<JarEntry>) jar.stream()::iterator) {
        byte[] bytes = jar.getInputStream(entry).readAllBytes();
        out.putNextEntry(new ZipEntry(entry.getName()));
        out.write(entry.getName().endsWith(".class") ? modern(format, bytes) : bytes);
        out.closeEntry();
      }
    }
  }

  private static byte[] modern(ClassFile format, byte[] bytes) {
    var model = format.parse(bytes);
    if (model.majorVersion() >= JAVA_6) return bytes;
    // Bodies are built anew, and so get the stack maps that classes after Java 6 must have.
    return format.transformClass(
        model,
        ClassTransform.dropping(e -> e instanceof ClassFileVersion)
            .andThen(ClassTransform.endHandler(b -> b.withVersion(JAVA_8, 0)))
            .andThen(
                ClassTransform.transformingMethodBodies(
                    (builder, element) -> builder.with(element))));
  }
}
