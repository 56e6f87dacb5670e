import type { GoodConfig } from "../node/deployment/index.ts";
import { bindChannels } from "../node/index.ts";
import {
  brokerAddress,
  type ChannelSender,
  clientOptions,
  exampleMessage,
  type MqttSettings,
  SENDER_LANGUAGES,
  type SenderLanguage,
  senderProgram,
  sendersOf,
  shellWord,
} from "../edge/transports/mqtt/index.ts";
import { command, EXIT, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { flag, kinds, required } from "./options/index.ts";

interface Wire {
  readonly name: string;
  readonly settings: MqttSettings;
  readonly senders: readonly ChannelSender[];
}
/** The channels of a deployment that come over MQTT, by their transport. */
function mqttWires({ deployment }: GoodConfig): Wire[] {
  const channels = bindChannels(deployment);
  return Object.entries(deployment.transports).flatMap(([name, settings]) => {
    if (settings["kind"] !== "mqtt") return [];
    const mqtt = settings as unknown as MqttSettings;
    const own = channels.filter((c) => c.config.transport === name);
    return [{ name, settings: mqtt, senders: sendersOf(mqtt, { cell: deployment.cell, channels: own }) }];
  });
}
function requireWires(file: string | undefined): { config: GoodConfig; wires: Wire[] } {
  const config = requireDeployment(file);
  const wires = mqttWires(config);
  if (wires.length === 0)
    throw new UserError("no channel of this deployment comes over MQTT", "give it a transport of kind mqtt");
  return { config, wires };
}

function describe({ settings }: Wire, sender: ChannelSender, file: string): string[] {
  const { name, quantity, topic, protection, maxAgeMs, minRateHz } = sender;
  const head = [
    `${name} (${quantity})`,
    `  topic    ${topic}`,
    `  how often at least ${minRateHz} a second; silence of ${maxAgeMs} ms counts as missing`,
  ];
  if (protection === null) {
    const message = exampleMessage(sender);
    return [
      ...head,
      `  message  ${message}`,
      `  try it   mosquitto_pub ${clientOptions(brokerAddress(settings.url))} -V 5 -q 1 -t ${shellWord(topic)} -m ${shellWord(message)}`,
    ];
  }
  return [
    ...head,
    `  envelope source ${protection.source}, config ${protection.configHash}, at most ${protection.maxDelayMs} ms late`,
    `  check    ${protection.keyFile === null ? "crc32" : `hmac with the key in ${protection.keyFile}`}`,
    `  reading  ${exampleMessage(sender)}`,
    `  try it   cellgate sender python ${name} --deployment ${file} > sender.py`,
    `           python3 ${["sender.py", ...(protection.keyFile === null ? [] : [shellWord(protection.keyFile)])].join(" ")} | mosquitto_pub ${clientOptions(brokerAddress(settings.url))} -V 5 -q 1 -l -t ${shellWord(topic)}`,
  ];
}

export const mqttDescribeCommand = command({
  words: ["mqtt", "describe"],
  summary: "for every channel over MQTT: topic, message, configuration hash and a line that sends one",
  takes: "<deployment.yaml>",
  example: "cellgate mqtt describe launch/mqtt-cell.yaml",
  options: { json: flag("one JSON object instead of words") },
  async run({ positionals: [file], values }, io) {
    const { config, wires } = requireWires(file);
    if (values.json)
      io.out(
        JSON.stringify({
          cell: config.deployment.cell,
          hash: config.hash,
          wires: wires.map(({ name, settings, senders }) => ({ name, url: settings.url, channels: senders })),
        }),
      );
    else
      for (const wire of wires)
        for (const sender of wire.senders)
          for (const line of [...describe(wire, sender, config.file), ""]) io.out(line);
    return EXIT.ok;
  },
});

const isLanguage = (word: string | undefined): word is SenderLanguage =>
  (SENDER_LANGUAGES as readonly (string | undefined)[]).includes(word);

export const senderCommand = command({
  words: ["sender"],
  summary: "print a complete program that sends one channel over MQTT, with its envelope",
  takes: `${SENDER_LANGUAGES.join("|")} <channel>`,
  example: "cellgate sender python panel_estop --deployment launch/mqtt-cell.yaml > sender.py",
  options: {
    deployment: required(kinds.deploymentFile, "the cell that the channel belongs to", {
      missing: "no deployment given",
      remedy: "name it with --deployment cell.yaml",
    }),
  },
  async run({ positionals: [language, channel], values }, io) {
    if (!isLanguage(language))
      throw new UserError("in which language?", `name one of ${SENDER_LANGUAGES.join(", ")}`);
    const { config, wires } = requireWires(values.deployment);
    const found = wires.flatMap((wire) =>
      wire.senders.filter((s) => s.name === channel).map((sender) => ({ wire, sender })),
    )[0];
    if (found === undefined)
      throw new UserError(
        channel === undefined ? "no channel given" : `"${channel}" is no channel over MQTT`,
        `name one of ${wires.flatMap((w) => w.senders.map((s) => s.name)).join(", ")}`,
      );
    io.out(
      senderProgram(language, config.deployment.cell, found.sender, brokerAddress(found.wire.settings.url)),
    );
    return EXIT.ok;
  },
});
