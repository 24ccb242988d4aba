package io.millrace.definitions;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;

/**
 * Says what applying a project's files would bring about beyond its definitions; a later room
 * answers. Changes nothing, and may take a while.
 */
public interface Foresight {
  Foresight NONE = _ -> Json.object();

  /** Fields of the plan's answer. */
  ObjectNode foresee(ProjectFiles files);
}
