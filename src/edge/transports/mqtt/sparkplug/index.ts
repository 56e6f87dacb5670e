export { EdgeSession, type MetricDefinition } from "./edge-session.ts";
export {
  DATATYPES,
  type Datatype,
  decodePayload,
  encodePayload,
  fits,
  type Metric,
  type MetricValue,
  type SparkplugPayload,
} from "./payload.ts";
export { type SparkplugSettings, sparkplugSettings } from "./settings.ts";
export { SparkplugTransport } from "./transport.ts";
