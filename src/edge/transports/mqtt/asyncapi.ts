import { table } from "../../../core/base/table.ts";
import { z } from "zod";
import { CHANNEL_PAYLOADS, CONTRACT, type ContractEntry } from "./contract.ts";

type Json = Readonly<Record<string, unknown>>;
const VERSION = "1";
const PLACES: Readonly<Record<string, string>> = table({
  base: "enterprise/site/area/line as the plant names it",
  cell: "name of the cell in its deployment",
  actuator: "name that the deployment gives the address",
  caller: "broker identity of who asks",
  kind: "what happened",
  figure: "which figure: cell, channel/<name> or margin/<rule>/<code>",
});

/** JSON Schema of a payload; AsyncAPI reads draft 7. References inside it are made to lead there from the whole document. */
function schemaOf(key: string, payload: z.ZodType): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(payload, {
    target: "draft-7",
    unrepresentable: "any",
  }) as Json;
  const text = JSON.stringify(schema).replaceAll('"$ref":"#/', `"$ref":"#/components/schemas/${key}/`);
  return JSON.parse(text) as Json;
}
function channelOf(entry: ContractEntry): Json {
  const address = `{base}/{cell}/${entry.address}`;
  const places = [...address.matchAll(/\{(\w+)\}/g)].map(([, place]) => place!);
  return {
    address,
    title: entry.title,
    description: entry.summary,
    parameters: Object.fromEntries(places.map((place) => [place, { description: PLACES[place] }])),
    messages: { [entry.key]: { $ref: `#/components/messages/${entry.key}` } },
    bindings: { mqtt: { bindingVersion: "0.2.0" } },
  };
}
function operationOf(entry: ContractEntry): Json {
  return {
    action: entry.action,
    channel: { $ref: `#/channels/${entry.key}` },
    summary: entry.summary,
    bindings: {
      mqtt: {
        qos: entry.qos,
        retain: entry.retain,
        ...(entry.expirySeconds !== undefined && { messageExpiryInterval: entry.expirySeconds }),
        bindingVersion: "0.2.0",
      },
    },
  };
}
const messageOf = (entry: ContractEntry): Json => ({
  title: entry.title,
  contentType: "application/json",
  payload: { $ref: `#/components/schemas/${entry.key}` },
});
const keyed = (of: (entry: ContractEntry) => Json): Json =>
  Object.fromEntries(CONTRACT.map((entry) => [entry.key, of(entry)]));

/** The MQTT contract as an AsyncAPI 3 document. launch/asyncapi.yaml is this and nothing else. */
export function asyncApi(): Json {
  const payloads = Object.fromEntries(
    Object.entries(CHANNEL_PAYLOADS).map(([key, payload]) => [
      `channel_${key}`,
      schemaOf(`channel_${key}`, payload),
    ]),
  );
  return {
    asyncapi: "3.0.0",
    info: {
      title: "cellgate over MQTT",
      version: VERSION,
      description:
        "Topics of one robot cell. Not a safety-rated device: an emergency stop stays hardwired. Channels of readings lie wherever the plant publishes them and follow the schemas channel_reading or channel_envelope. A stored (retained) message may stop; it never releases, approves or resets.",
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    channels: keyed(channelOf),
    operations: keyed(operationOf),
    components: {
      messages: keyed(messageOf),
      schemas: { ...keyed((entry) => schemaOf(entry.key, entry.payload)), ...payloads },
    },
  };
}
