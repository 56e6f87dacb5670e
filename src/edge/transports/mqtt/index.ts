export { reportConfigHash } from "./acknowledgers.ts";
export { asyncApi } from "./asyncapi.ts";
export { CONTRACT, type ContractEntry } from "./contract.ts";
export { type ChannelSender, channelConfigHash, sendersOf } from "./plan.ts";
export {
  brokerAddress,
  clientOptions,
  exampleMessage,
  SENDER_LANGUAGES,
  type SenderLanguage,
  senderProgram,
  shellWord,
} from "./senders/index.ts";
export { type SignedFor, signedText } from "./requests.ts";
export { type MqttSettings, mqttSettings, telemetryWanted } from "./settings.ts";
export { type SparkplugSettings, SparkplugTransport, sparkplugSettings } from "./sparkplug/index.ts";
export { MqttTransport } from "./transport.ts";
