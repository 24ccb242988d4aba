package io.millrace;
public class Main { public static void main(String[] a){ System.out.println("hi"); if (a.length>0) io.quarkus.runtime.Quarkus.run(a);} }
