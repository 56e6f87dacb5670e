import { assert } from "../../../core/base/assert.ts";
import type { Code } from "../../../core/domain/index.ts";
import type { CommandSender, Transport, TransportContext, TransportHealth } from "../../ports/index.ts";
import { rosNameOf } from "../../wire/index.ts";
import { RosLink, type RosSettings } from "../ros/index.ts";
import { CycloneBus } from "./cyclone-bus.ts";
import { loadCyclone } from "./library.ts";
import { type LogPipe, openLogPipe } from "./log-pipe.ts";
import type { DdsSettings } from "./settings.ts";
import { zenohRouterHere } from "./zenoh-router.ts";

const KIND = "dds";
const ALONE_AFTER_MS = 5_000;

/** The wire of ROS 2 without a ROS installation, through Eclipse Cyclone DDS. */
export class DdsTransport implements Transport {
  readonly kind = KIND;
  readonly #settings: DdsSettings;
  readonly #name: string;
  #link: RosLink | null = null;
  #bus: CycloneBus | null = null;
  #detail = "not opened";
  #lastLog = "";
  #stopLog: (() => void) | null = null;

  /** `name`: what the deployment calls this transport */
  constructor(settings: DdsSettings, name: string = KIND) {
    this.#settings = settings;
    this.#name = name;
  }
  async open(context: TransportContext): Promise<void> {
    assert(this.#link === null, "the transport is open");
    const link = new RosLink(KIND, this.#name, rosPart(this.#settings), context);
    this.#link = link;
    try {
      await this.#connect(link, context);
    } catch (error) {
      await this.close();
      throw error;
    }
  }
  async close(): Promise<void> {
    const bus = this.#bus;
    const link = this.#link;
    this.#bus = null;
    this.#link = null;
    this.#detail = "closed";
    link?.detach();
    bus?.close();
    this.#stopLog?.();
    this.#stopLog = null;
  }
  health(): TransportHealth {
    if (this.#link === null)
      return { connected: false, received: 0, dropped: 0, rejected: 0, detail: this.#detail };
    const detail = this.#lastLog === "" ? this.#detail : `${this.#detail}; ${this.#lastLog}`;
    return this.#link.health(this.#bus !== null, detail);
  }
  readonly sender: CommandSender = {
    send: (address, message) => this.#link?.sender.send(address, message) ?? false,
  };

  async #connect(link: RosLink, context: TransportContext): Promise<void> {
    const { RMW_IMPLEMENTATION: middleware = "" } = process.env;
    if (middleware.startsWith("rmw_zenoh"))
      throw this.#refused(
        context,
        "DDS_OPEN_FAILED",
        `RMW_IMPLEMENTATION is ${middleware}: nothing of that graph is on DDS, so neither its sources nor a foreign publisher would be seen; use kind: ros2`,
      );
    const lib = await loadCyclone(this.#settings.library);
    if (!lib.ok) throw this.#refused(context, lib.error.code, lib.error.detail);
    try {
      const log = await this.#watchLog(link);
      const openedAt = performance.now();
      const bus = await CycloneBus.open(
        lib.value,
        this.#settings,
        {
          graph: () => {
            link.checkGraph();
            this.#checkCompany(link, openedAt);
          },
          tooLarge: (topic, bytes) => link.tooLarge(topic, bytes),
          failed: (detail) => link.condition("receive", "ROS_CALLBACK_FAILED", true, detail),
          stopped: (detail) => link.condition("receive", "DDS_RECEIVE_STOPPED", true, detail),
        },
        log,
      );
      this.#bus = bus;
      link.attach(bus);
      bus.start();
    } catch (error) {
      throw this.#refused(context, "DDS_OPEN_FAILED", error instanceof Error ? error.message : String(error));
    }
    link.condition("domain", "DDS_ZENOH_ROUTER", zenohRouterHere(), "port 7447 of this machine");
    this.#detail = `Cyclone DDS ${lib.value.version}, domain ${this.#settings.domainId}, ${this.#settings.network}`;
  }
  /** An interface on which nobody is looks like a robot that is switched off; it is said which one it was. */
  #checkCompany(link: RosLink, openedAt: number): void {
    const { network, multicast, domainId, peers } = this.#settings;
    const alone = this.#bus?.others === 0 && performance.now() - openedAt > ALONE_AFTER_MS;
    const looked = multicast
      ? "by multicast"
      : `on ${peers.length === 0 ? "this machine" : peers.join(", ")}`;
    link.condition(
      "domain",
      "DDS_ALONE",
      alone,
      `domain ${domainId}, interface ${network}, looked for ${looked}`,
    );
  }
  /** Messages that Cyclone itself could not read are named in its log only. */
  async #watchLog(link: RosLink): Promise<LogPipe> {
    const pipe = await openLogPipe();
    if (!pipe.ok) throw new Error(pipe.error);
    this.#stopLog = pipe.value.listen((line, unreadable) => {
      if (unreadable === null) this.#lastLog = line;
      else if (unreadable.domain === this.#settings.domainId)
        link.unreadable(rosNameOf(unreadable.ddsTopic)?.name ?? "", "bytes do not fit the type");
    });
    return pipe.value;
  }
  /** The code stands in the cell whether or not the caller goes on without this transport. */
  #refused(context: TransportContext, code: Code, detail: string): Error {
    context.door.health(KIND, code, true, detail);
    return new Error(`${code}: ${detail}`);
  }
}

/** What the half that both ROS wires share takes of the settings. */
function rosPart(settings: DdsSettings): RosSettings {
  const { node, namespace, remaps, out, proposals, actions, qos, release, sros2Operator } = settings;
  return { node, namespace, remaps, out, proposals, actions, qos, release, sros2Operator };
}
