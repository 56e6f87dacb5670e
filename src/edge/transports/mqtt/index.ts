export { reportConfigHash } from "./acknowledgers.ts";
export { asyncApi } from "./asyncapi.ts";
export { CONTRACT, type ContractEntry } from "./contract.ts";
export { channelConfigHash } from "./plan.ts";
export { signedText } from "./requests.ts";
export { type MqttSettings, mqttSettings } from "./settings.ts";
export { type SparkplugSettings, SparkplugTransport, sparkplugSettings } from "./sparkplug/index.ts";
export { MqttTransport } from "./transport.ts";
