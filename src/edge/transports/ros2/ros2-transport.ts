import { assert } from "../../../core/base/assert.ts";
import type { Code } from "../../../core/domain/index.ts";
import type { CommandSender, Transport, TransportContext, TransportHealth } from "../../ports/index.ts";
import { RosEncoder } from "../../wire/index.ts";
import { ReleaseDesk, RosLink, type RosSettings, type RosWriter } from "../ros/index.ts";
import { type RosEnvironment, rosEnvironment } from "./environment.ts";
import { declareParameters } from "./parameters.ts";
import { importRcl, type Rcl, type RclContext, type RclNode } from "./rcl.ts";
import { RclBus } from "./rcl-bus.ts";
import { createServices } from "./services.ts";
import type { Ros2Settings } from "./settings.ts";

const KIND = "ros2";
/** An entity created while spinning waits this long; none is. Idle cost at 10 ms is half a per cent. */
const SPIN_MS = 10;
const DIAGNOSTICS = "/diagnostics";

interface Opened {
  readonly rcl: Rcl;
  readonly context: RclContext;
  readonly node: RclNode;
  readonly bus: RclBus;
  readonly timers: Set<NodeJS.Timeout>;
}

/** ROS 2 through rclnodejs: a life-cycle node that speaks serialized messages with the node's own codec. */
export class Ros2Transport implements Transport {
  readonly kind = KIND;
  readonly #settings: Ros2Settings;
  readonly #name: string;
  #link: RosLink | null = null;
  #opened: Opened | null = null;
  #detail = "not opened";
  /** commands that allow motion leave only while the life cycle says active; stops leave always */
  #active = false;

  /** `name`: what the deployment calls this transport */
  constructor(settings: Ros2Settings, name: string = KIND) {
    this.#settings = settings;
    this.#name = name;
  }
  async open(context: TransportContext): Promise<void> {
    assert(this.#link === null, "the transport is open");
    const link = new RosLink(KIND, this.#name, rosPart(this.#settings), context);
    this.#link = link;
    try {
      const environment = rosEnvironment(process.env, this.#settings.library);
      if (!environment.ok) throw refused(context, environment.error.code, environment.error.detail);
      this.#opened = await this.#start(environment.value, link, context);
      this.#detail = `ROS 2 ${environment.value.distro}, ${environment.value.middleware ?? "default middleware"}`;
    } catch (error) {
      await this.close();
      throw error;
    }
  }
  close(): Promise<void> {
    const opened = this.#opened;
    const link = this.#link;
    this.#opened = null;
    this.#link = null;
    this.#active = false;
    this.#detail = "closed";
    link?.detach();
    if (opened !== null) {
      for (const timer of opened.timers) clearInterval(timer);
      opened.bus.close();
      opened.node.stop();
      opened.node.destroy();
      opened.rcl.shutdown(opened.context);
    }
    return Promise.resolve();
  }
  health(): TransportHealth {
    if (this.#link === null)
      return { connected: false, received: 0, dropped: 0, rejected: 0, detail: this.#detail };
    return this.#link.health(this.#opened !== null, this.#detail);
  }
  readonly sender: CommandSender = {
    send: (address, message) => {
      if (this.#link === null || (message.kind === "permit" && !this.#active)) return false;
      return this.#link.sender.send(address, message);
    },
  };

  /** Everything is created before the node spins, hence before motion is allowed. */
  async #start(environment: RosEnvironment, link: RosLink, context: TransportContext): Promise<Opened> {
    const rcl = await importRcl(environment.binding);
    const settings = this.#settings;
    const rclContext =
      settings.domainId === undefined ? new rcl.Context() : new rcl.Context(BigInt(settings.domainId));
    await rcl.init(rclContext, []);
    const node = rcl.createLifecycleNode(
      settings.node,
      settings.namespace === "/" ? "" : settings.namespace,
      rclContext,
    );
    const failed = (detail: string): void => link.condition("receive", "ROS_CALLBACK_FAILED", true, detail);
    const bus = new RclBus(rcl, node, link.resolve("~"), {
      tooLarge: (topic, bytes) => link.tooLarge(topic, bytes),
      unreadable: (topic, detail) => link.unreadable(topic, detail),
      failed,
    });
    const timers = new Set<NodeJS.Timeout>();
    link.attach(bus);
    const operator = environment.secured ? (settings.sros2Operator ?? null) : null;
    createServices(
      node,
      (name) => link.resolve(name),
      new ReleaseDesk(settings.release, context, operator),
      failed,
    );
    const diagnostics = bus.advertise({
      name: DIAGNOSTICS,
      type: "diagnostic_msgs/msg/DiagnosticArray",
      qos: { reliable: true, transientLocal: false, depth: 4, lifespanMs: null },
    });
    const every = this.#periods(timers, link, context, diagnostics, failed);
    declareParameters(rcl, node, settings, context, (changed) => every({ ...settings, ...changed }));
    this.#registerLifeCycle(rcl, node, link);
    node.configure();
    node.activate();
    node.spin(SPIN_MS);
    every(settings);
    return { rcl, context: rclContext, node, bus, timers };
  }
  /** Somebody may take the node out of its active state; that blocks the cell, it never silences a stop. */
  #registerLifeCycle(rcl: Rcl, node: RclNode, link: RosLink): void {
    const { SUCCESS } = rcl.lifecycle.CallbackReturnCode;
    const turn = (active: boolean) => (): number => {
      this.#active = active;
      link.condition("lifecycle", "ROS_DEACTIVATED", !active, "set over the ROS life cycle");
      return SUCCESS;
    };
    node.registerOnConfigure(() => SUCCESS);
    node.registerOnActivate(turn(true));
    node.registerOnDeactivate(turn(false));
    node.registerOnCleanup(turn(false));
    node.registerOnShutdown(turn(false));
  }
  /** Sets both timers anew; a throw inside one would end the process. */
  #periods(
    timers: Set<NodeJS.Timeout>,
    link: RosLink,
    context: TransportContext,
    diagnostics: RosWriter,
    failed: (detail: string) => void,
  ) {
    const encoder = new RosEncoder();
    const guarded = (body: () => void) => (): void => {
      try {
        body();
      } catch (error) {
        failed(String(error));
      }
    };
    const publish = guarded(() => diagnostics.write(this.#diagnosis(encoder, link, context)));
    const look = guarded(() => link.checkGraph());
    return ({ diagnosticsMs, graphMs }: { diagnosticsMs: number; graphMs: number }): void => {
      for (const timer of timers) clearInterval(timer);
      timers.clear();
      timers.add(setInterval(publish, diagnosticsMs).unref()).add(setInterval(look, graphMs).unref());
    };
  }
  #diagnosis(encoder: RosEncoder, link: RosLink, context: TransportContext): Uint8Array {
    const health = this.health();
    const conditions = link.conditions();
    const level = conditions.length > 0 ? 2 : this.#active ? 0 : 1;
    const values = {
      received: String(health.received),
      rejected: String(health.rejected),
      dropped: String(health.dropped),
      config_hash: context.configHash,
      safety_notice: "not a safety-rated device",
    };
    const message = conditions.length > 0 ? conditions.join("; ") : this.#active ? "active" : "inactive";
    return encoder.diagnosticArray(context.clock.epoch + context.clock.now(), [
      { level, name: `${this.#settings.node}: ROS 2 wire`, message, hardwareId: context.cell, values },
    ]);
  }
}

/** The code stands in the cell whether or not the caller goes on without this transport. */
function refused(context: TransportContext, code: Code, detail: string): Error {
  context.door.health(KIND, code, true, detail);
  return new Error(`${code}: ${detail}`);
}

function rosPart(settings: Ros2Settings): RosSettings {
  const { node, namespace, remaps, out, proposals, actions, qos, release, sros2Operator } = settings;
  return { node, namespace, remaps, out, proposals, actions, qos, release, sros2Operator };
}
