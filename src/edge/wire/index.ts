export { CdrReader, ENCAPSULATION_BYTES, encapsulationOf } from "./cdr-reader.ts";
export { CdrWriter } from "./cdr-writer.ts";
export { AnyDecoder, numberAt, type RosMessage, type RosValue } from "./decode-any.ts";
export { stampMicrosOf } from "./decode-values.ts";
export { AnyEncoder } from "./encode-any.ts";
export { KNOWN_TYPES, rosDefinition } from "./definitions.ts";
export { type DiagnosticStatus, RosEncoder, type ScanShape, type TrajectoryPoint } from "./encode.ts";
export { definitionOnBoard, INTERFACES_ON_BOARD } from "./known-interfaces.ts";
export { type WireFault, wireFaultText } from "./fault.ts";
export type { Field, FieldType, MessageLayout } from "./layout.ts";
export { parseDefinition } from "./parse-definition.ts";
export { quantitiesOfType, rosReading, typesOfQuantity } from "./reading.ts";
export { type Ros1Converter, ros1Converter } from "./ros1-to-cdr.ts";
export { createRosRow, type ReadingSettings, type RosRow, type RowDecoder } from "./row.ts";
export { clockMicrosOf, trajectoryArgsOf } from "./trajectory.ts";
export { ddsTypeName, rosTypeName } from "./type-name.ts";
export { crc16Modbus, crc16X25, crc32, sum8, sum16 } from "./checksum.ts";
export {
  ENVELOPE_SCHEMA,
  ENVELOPE_SEQ_MAX,
  ENVELOPE_SEQ_START,
  type Envelope,
  type EnvelopeAgreement,
  EnvelopeWriter,
  envelopeCheck,
  envelopeConfigHash,
  envelopeHolds,
  envelopeKey,
  envelopeSchema,
  readEnvelope,
} from "./envelope.ts";
export {
  type EnvelopeAnswer,
  type EnvelopeFault,
  EnvelopeGuard,
  type EnvelopeGuardSettings,
} from "./envelope-guard.ts";
export {
  ddsNameOf,
  parseRosRemap,
  resolveRosName,
  rosNameOf,
  type RosNameKind,
  type RosNameSpace,
  type RosRemap,
} from "./ros-names.ts";
