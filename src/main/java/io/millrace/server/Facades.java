package io.millrace.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.base.Json;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Gives the rooms' facades, made by Platform, to the resources that speak HTTP for them. */
@Singleton
final class Facades {

  @Produces
  @Singleton
  Configuration configuration() {
    return Server.configuration();
  }

  @Produces
  @Singleton
  ObjectMapper mapper() {
    return Json.mapper();
  }
}
