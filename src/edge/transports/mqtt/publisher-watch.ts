import type { IPublishPacket } from "mqtt";
import type { TransportContext } from "../../ports/index.ts";
import { parseJson } from "./intake.ts";
import type { PublisherSettings } from "./settings.ts";

/** Hears of the death of publishers that the cell needs, and believes only live messages that one is back. */
export class PublisherWatch {
  readonly #part: string;
  readonly #context: TransportContext;
  readonly #offline = new Set<string>();
  /** topic → what a message there says */
  readonly #topics = new Map<
    string,
    { readonly name: string; readonly says: "status" | "death" | "birth" }
  >();
  readonly #ofChannel = new Map<string, string>();

  constructor(part: string, publishers: readonly PublisherSettings[], context: TransportContext) {
    this.#part = part;
    this.#context = context;
    for (const { name, statusTopic, sparkplugNode, channels } of publishers) {
      if (statusTopic !== undefined) this.#topics.set(statusTopic, { name, says: "status" });
      if (sparkplugNode !== undefined) {
        const [group, node] = sparkplugNode.split("/");
        this.#topics.set(`spBv1.0/${group}/NDEATH/${node}`, { name, says: "death" });
        this.#topics.set(`spBv1.0/${group}/NBIRTH/${node}`, { name, says: "birth" });
      }
      for (const channel of channels) this.#ofChannel.set(channel, name);
    }
  }
  get filters(): readonly string[] {
    return [...this.#topics.keys()];
  }
  /** false: not a topic of a publisher's state */
  take(topic: string, payload: Buffer, packet: IPublishPacket): boolean {
    const entry = this.#topics.get(topic);
    if (entry === undefined) return false;
    const online = entry.says === "birth" || (entry.says === "status" && isOnline(payload));
    if (!online) this.#set(entry.name, true, packet.retain ? "stored word: offline" : "announced offline");
    else if (!packet.retain) this.#set(entry.name, false, "announced online");
    return true;
  }
  /** a live reading is proof of life */
  alive(channel: string): void {
    if (this.#offline.size === 0) return;
    const name = this.#ofChannel.get(channel);
    if (name !== undefined) this.#set(name, false, `live message on "${channel}"`);
  }
  #set(name: string, offline: boolean, detail: string): void {
    if (offline === this.#offline.has(name)) return;
    if (offline) this.#offline.add(name);
    else this.#offline.delete(name);
    this.#context.door.health(`${this.#part}:${name}`, "MQTT_PUBLISHER_OFFLINE", offline, detail);
  }
}

/** Only a plain word counts as online: what cannot be understood is offline. */
function isOnline(payload: Buffer): boolean {
  const text = payload.toString("utf8").trim().toLowerCase();
  if (text === "online" || text === "1" || text === "true") return true;
  const raw = parseJson(payload);
  if (typeof raw !== "object" || raw === null) return false;
  const { status, online } = raw as { status?: unknown; online?: unknown };
  return status === "online" || online === true;
}
