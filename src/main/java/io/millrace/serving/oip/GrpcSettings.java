package io.millrace.serving.oip;

import com.google.protobuf.MessageLite;
import io.millrace.base.Unsupported;
import io.millrace.serving.oip.proto.LogSettingsRequest;
import io.millrace.serving.oip.proto.LogSettingsResponse;
import io.millrace.serving.oip.proto.TraceSettingRequest;
import io.millrace.serving.oip.proto.TraceSettingResponse;

/** Triton's settings of traces and log: read by an update of nothing, and never changed. */
final class GrpcSettings {
  private GrpcSettings() {}

  static MessageLite trace(TraceSettingRequest request) {
    if (request.getSettingsCount() > 0) throw new Unsupported(ProtocolWords.TRACE_IS_FIXED);
    var response = TraceSettingResponse.newBuilder();
    ProtocolWords.TRACE.forEach((name, values) ->
        response.putSettings(
            name, TraceSettingResponse.SettingValue.newBuilder().addAllValue(values).build()));
    return response.build();
  }

  static MessageLite log(byte[] message) {
    if (GrpcMethods.parse(LogSettingsRequest.parser(), message).getSettingsCount() > 0)
      throw new Unsupported(ProtocolWords.LOG_IS_FIXED);
    var response = LogSettingsResponse.newBuilder();
    ProtocolWords.LOG.forEach((name, value) -> {
      var setting = LogSettingsResponse.SettingValue.newBuilder();
      switch (value) {
        case Boolean flag -> setting.setBoolParam(flag);
        case Integer number -> setting.setUint32Param(number);
        case Object text -> setting.setStringParam(text.toString());
      }
      response.putSettings(name, setting.build());
    });
    return response.build();
  }
}
