import { describe, expect, test } from "vitest";
import { createPrng } from "../../src/core/base/prng.ts";
import {
  channelIndexOf,
  type CellEvent,
  type Effect,
  epochMicrosOf,
  type Micros,
  operatorIdOf,
  ROLES,
} from "../../src/core/domain/index.ts";
import type { Actuator } from "../../src/edge/ports/index.ts";
import { createNode, VirtualClock } from "../../src/node/index.ts";
import { MAX_WAITING_WORDS } from "../../src/node/turns.ts";
import { smallDeployment } from "../core/cell/fixture.ts";

/** What a port does at the moment it is used, in the middle of a step. */
type Fault = (rig: Rig) => void;

/** A whole node without a disk or a wire: every port is a hook that a test makes fail or speak. */
class Rig {
  readonly clock = new VirtualClock();
  readonly events: CellEvent[] = [];
  readonly effects: Effect[] = [];
  readonly blocks: number[] = [];
  readonly beats: { at: number; mayMove: boolean }[] = [];
  readonly faults: Partial<Record<Port, Fault>> = {};
  readonly node;
  #seq = 0;
  #request = 0;

  constructor() {
    const { deployment, hash } = smallDeployment();
    const hook = (port: Port): void => this.faults[port]?.(this);
    const actuator = (name: string): Actuator => ({
      name,
      moves: true,
      block: () => {
        hook("actuator");
        this.blocks.push(this.clock.now());
        return true;
      },
      slow: () => true,
      heartbeat: ({ mayMove }) => {
        hook("heartbeat");
        if (name === "drive") this.beats.push({ at: this.clock.now(), mayMove });
        return true;
      },
      permit: () => true,
      revoke: () => true,
    });
    this.node = createNode({
      deployment,
      configHash: hash,
      clock: this.clock,
      scheduler: { later: (work, _delay, then) => void work.then(then) },
      actuators: Object.keys(deployment.actuators).map(actuator),
      receipts: {
        append: () => {
          hook("ledger");
          return true;
        },
        whenStored: () => Promise.resolve(true),
        whenLatched: () => Promise.resolve(true),
        persistLatched: () => {
          hook("latches");
          return true;
        },
      },
      trials: { run: () => Promise.reject(new Error("none")), help: () => Promise.resolve(null) },
      record: (event) => {
        hook("tape");
        this.events.push(structuredClone(event));
      },
      observe: (effect) => {
        this.effects.push(effect);
        hook("observer");
      },
    });
    this.node.start({ boot: 1, latched: [], ledgerFault: null, seed: 1 });
  }
  /** healthy readings for a while */
  wait(ms: number, estop = 1): void {
    const end = this.clock.now() + ms * 1_000;
    while (this.clock.now() < end) {
      this.clock.moveTo((this.clock.now() + 10_000) as Micros);
      this.#seq++;
      const stamp = epochMicrosOf(this.clock.epoch + this.clock.now());
      const { door } = this.node;
      door.sample(channelIndexOf(0), [estop], 1, stamp, this.#seq);
      door.sample(channelIndexOf(1), [5 + (this.#seq % 7) * 1e-6], 1, stamp, this.#seq);
      door.sample(channelIndexOf(2), [0.1, 0.2, 0, 0, 0, 0], 6, stamp, this.#seq);
      door.advance(this.clock.now());
    }
  }
  act(name: "resume" | "kill") {
    const requestId = `q${this.#request++}`;
    const by = operatorIdOf("anna");
    return this.node.door.operator({ act: { name }, by, roles: ROLES, requestId, reason: "test" });
  }
  running(): this {
    this.wait(300);
    expect(this.act("resume").accepted).toBe(true);
    this.wait(100);
    return this;
  }
  get codes(): string[] {
    return this.node.cell.reflex.causes().map((cause) => cause.code);
  }
}
type Port = "actuator" | "heartbeat" | "ledger" | "latches" | "tape" | "observer";
const PORTS: readonly Port[] = ["actuator", "heartbeat", "ledger", "latches", "tape", "observer"];

const throws: Fault = () => {
  throw new Error("the port failed");
};
const WORDS: Readonly<Record<string, Fault>> = {
  "says that its disk is full": ({ node }) =>
    node.door.health("plant", "MQTT_OUTBOX_FULL", true, "database is locked"),
  "says something new each time": ({ node, clock, effects }) =>
    node.door.health("plant", "MQTT_OUTBOX_DAMAGED", true, `${clock.now()} ${effects.length}`),
  "brings a reading": ({ node, clock }) =>
    node.door.sample(channelIndexOf(1), [4], 1, clock.epoch + clock.now(), -1),
  "brings a fault": ({ node }) => node.door.fault(channelIndexOf(1), "MQTT_PAYLOAD", "noise"),
  "reports an actuator": ({ node }) => node.door.actuator("drive", "failed", null, "gone"),
  // now and then: a port that did it for each effect would leave no time at all
  "moves time on": ({ node, clock, effects }) => {
    if (effects.length % 50 !== 0) return;
    clock.moveTo((clock.now() + 25_000) as Micros);
    node.door.advance(clock.now());
  },
};

describe("the door lets in one event at a time, whatever a port does in the middle of a step", () => {
  for (const port of PORTS)
    test.each(Object.entries(WORDS))(`${port} %s`, (_, word) => {
      const rig = new Rig().running();
      rig.faults[port] = word;
      rig.wait(200, 0);
      expect(rig.node.cell.state).toBe("STOPPED");
      const times = rig.events.map((event) => event.t);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      const numbers = rig.events.map((event) => event.seq);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      delete rig.faults[port];
      rig.blocks.length = 0;
      rig.wait(300, 0);
      expect(rig.blocks.length).toBeGreaterThan(2);
    });

  test.each(PORTS)("%s throws: the cell stops, the stop is still sent, the process goes on", (port) => {
    const rig = new Rig().running();
    rig.faults[port] = throws;
    rig.wait(200, port === "heartbeat" || port === "tape" || port === "observer" ? 1 : 0);
    expect(rig.node.cell.state).toBe("STOPPED");
    expect(rig.codes).toContain(port === "actuator" ? "ACTUATOR_UNREACHABLE" : "NODE_PART_FAILED");
    delete rig.faults[port];
    rig.blocks.length = 0;
    rig.wait(300, 1);
    expect(rig.blocks.length).toBeGreaterThan(2);
  });

  test("a person who asks in the middle of a step is refused, but a kill is carried out after it", () => {
    const rig = new Rig().running();
    const answers: { accepted: boolean; code: string | null }[] = [];
    rig.faults.heartbeat = () => {
      delete rig.faults.heartbeat;
      answers.push(rig.act("resume"), rig.act("kill"));
    };
    rig.wait(100);
    expect(answers.map(({ accepted, code }) => [accepted, code])).toEqual([
      [false, "DOOR_BUSY"],
      [true, "CONTROL_ACCEPTED"],
    ]);
    expect(rig.codes).toContain("KILLED");
  });

  test("more words than can wait: the newest are dropped, and that stops the cell", () => {
    const rig = new Rig().running();
    rig.faults.heartbeat = ({ node }) => {
      delete rig.faults.heartbeat;
      for (let i = 0; i < MAX_WAITING_WORDS + 10; i++)
        node.door.fault(channelIndexOf(1), "MQTT_PAYLOAD", `${i}`);
    };
    rig.wait(100);
    expect(rig.codes).toContain("DOOR_OVERRUN");
    expect(rig.node.cell.state).toBe("STOPPED");
  });

  test("random faults at random ports: never an error, never out of order, always blocked at the end", () => {
    const words = [...Object.values(WORDS), throws];
    for (let seed = 1; seed <= 20; seed++) {
      const prng = createPrng(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(prng.nextFloat() * list.length)]!;
      const rig = new Rig().running();
      for (let i = 0; i < 12; i++) {
        const port = pick(PORTS);
        rig.faults[port] = pick(words);
        rig.wait(60, prng.nextFloat() < 0.5 ? 1 : 0);
        if (prng.nextFloat() < 0.5) delete rig.faults[port];
      }
      for (const port of PORTS) delete rig.faults[port];
      rig.blocks.length = 0;
      rig.wait(300, 0);
      expect(rig.node.cell.state, `seed ${seed}`).toBe("STOPPED");
      expect(rig.blocks.length, `seed ${seed}`).toBeGreaterThan(2);
    }
  });
});

describe("H39 time that went on without the node", () => {
  const frozen = (ms: number, first: (rig: Rig) => void): Rig => {
    const rig = new Rig().running();
    rig.node.door.watchGaps(155_000);
    rig.beats.length = 0;
    rig.blocks.length = 0;
    rig.clock.moveTo((rig.clock.now() + ms * 1_000) as Micros);
    first(rig);
    return rig;
  };
  const wakes: Readonly<Record<string, (rig: Rig) => void>> = {
    "the timer": ({ node, clock }) => node.door.advance(clock.now()),
    "a reading": ({ node, clock }) =>
      node.door.sample(channelIndexOf(0), [1], 1, clock.epoch + clock.now(), -1),
    "a word about a part": ({ node }) => node.door.health("x", "MQTT_OUTBOX_FULL", true, ""),
    "a person": (rig) => void rig.act("resume"),
  };
  test.each(Object.entries(wakes))(
    "%s wakes it: the first word is a block, and nothing ever permits",
    (_, wake) => {
      for (const ms of [160, 400, 2_000, 60_000]) {
        const rig = frozen(ms, wake);
        expect(rig.node.cell.state).toBe("STOPPED");
        expect(rig.effects.find((e) => e.kind === "block")).toBeDefined();
        expect(rig.blocks.length).toBeGreaterThan(0);
        expect(rig.beats.filter((beat) => beat.mayMove)).toEqual([]);
        // what came due meanwhile is not sent late
        expect(rig.beats.length).toBeLessThanOrEqual(1);
        expect(rig.codes).toContain("LOOP_LAG");
      }
    },
  );

  test("a pause that is allowed sends one heartbeat, not all that came due", () => {
    const rig = frozen(140, wakes["the timer"]!);
    expect(rig.node.cell.state).not.toBe("STARTING");
    expect(rig.beats.length).toBeLessThanOrEqual(1);
  });

  test("a machine that slept: its clock did not go on, the first word is a block all the same", () => {
    const rig = new Rig().running();
    let slept = 0;
    Object.assign(rig.clock, { sleptUs: () => slept });
    rig.node.door.watchGaps(155_000);
    rig.wait(100);
    expect(rig.node.cell.state).toBe("RUNNING");
    slept = 3_000_000;
    rig.beats.length = 0;
    rig.wait(60);
    expect(rig.codes).toContain("LOOP_LAG");
    expect(rig.beats.filter((beat) => beat.mayMove)).toEqual([]);
  });
});
