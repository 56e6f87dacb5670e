import { describe, expect, test } from "vitest";
import { createPrng, type Prng } from "../../../src/core/base/prng.ts";
import {
  BLOCK_REPEAT_PERIOD_MAX_US,
  type Code,
  codeEntry,
  CODES,
  type Effect,
  TICK_PERIOD_US,
} from "../../../src/core/domain/index.ts";
import { RULES } from "../../../src/core/reflex/index.ts";
import { Story } from "./fixture.ts";
import { describeState, heal, walkOut } from "./ways-out.ts";
import { count } from "../../count.ts";

/**
 * Random lives of a cell, thousands of them, with faults thrown in. Every failure prints its seed. One canary
 * life runs with the e-stop rule taken out and must fail, or the whole run proves nothing.
 */
const LIVES = Number(process.env["CELLGATE_LIVES"] ?? count(100, 2_000));
const STEPS = 60;

/** causes whose condition can end in the same run: the table of codes names who clears what remains */
const ENDING = (Object.keys(CODES) as Code[]).filter(
  (code) => ["hold", "stop"].includes(codeEntry(code).severity) && codeEntry(code).clears !== "restart",
);
const ENDED = [{ part: "loop", code: "LOOP_LAG" }, ...ENDING.map((code) => ({ part: "part", code }))];

type Act = (story: Story, prng: Prng) => void;
const toggle =
  (name: string, values: (prng: Prng) => number[] | null): Act =>
  (story, prng) => {
    story.world[name] = values(prng);
  };
const ACTS: readonly Act[] = [
  toggle("estop", (p) => [p.nextFloat() < 0.6 ? 1 : 0]),
  toggle("near", (p) => [p.nextFloat() * 3]),
  toggle("near", () => [4]),
  toggle("near", () => null),
  toggle("near", (p) => [p.nextFloat() < 0.5 ? Number.NaN : 1e9]),
  toggle("joints", (p) => [p.nextFloat(), p.nextFloat(), p.nextFloat() * 3, 0, 0, 0]),
  toggle("joints", () => [0.1, 0.2, 0, 0, 0, 0]),
  toggle("estop", () => [1]),
  toggle("estop", () => null),
  (story) => void story.pressReset(),
  (story) => void story.pressReset(),
  (story) => void story.do({ name: "resume" }),
  (story) => void story.do({ name: "resume" }),
  (story, p) =>
    void story.do({ name: "reset", level: p.nextFloat() < 0.5 ? 0 : 1, retained: p.nextFloat() < 0.2 }),
  (story) => void story.do({ name: "kill" }),
  (story) => void story.do({ name: "unkill" }),
  (story, p) =>
    story.read(
      "estop",
      [p.nextFloat() < 0.5 ? 0 : 1],
      Story.epoch + story.now + (p.nextFloat() - 0.5) * 7.2e9,
    ),
  (story) =>
    void story.deliver({
      kind: "fault",
      channel: 1 as never,
      code: "MQTT_PAYLOAD",
      detail: "noise",
    }),
  (story) =>
    void story.deliver({ kind: "health", part: "loop", code: "LOOP_LAG", active: true, detail: "late" }),
  (story) =>
    void story.deliver({ kind: "health", part: "loop", code: "LOOP_LAG", active: false, detail: "" }),
  // a word about a part of the node that begins and does not end while the life lasts
  (story, p) =>
    void story.deliver({
      kind: "health",
      part: "part",
      code: ENDING[Math.floor(p.nextFloat() * ENDING.length)]!,
      active: true,
      detail: "of a life",
    }),
  // the joint feed or the robot itself is away for longer than the whole chain of actuators lasts
  (story, p) => {
    story.world["joints"] = p.nextFloat() < 0.5 ? null : [0.1, 0.2, 0.5, 0, 0, 0];
    story.wait(1_500);
  },
  (story) =>
    void story.deliver({
      kind: "actuator",
      actuator: 0 as never,
      report: "failed",
      actionId: null,
      detail: "gone",
    }),
];

/** What must hold after every step, whatever happened. */
class Watcher {
  #resumed = false;
  #lastBlockAt = 0;
  #pressed = false;
  readonly story: Story;
  #seen = 0;
  #lastState: string;

  constructor(story: Story) {
    this.story = story;
    this.#lastState = story.state;
  }
  note(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "block") this.#lastBlockAt = this.story.now;
      if (
        effect.kind === "heartbeat" &&
        effect.mayMove !== (effect.state === "RUNNING" || effect.state === "SLOW")
      )
        throw new Error("a heartbeat permits motion in a blocked state");
      if (effect.kind === "receipt" && effect.receipt.body.receipt_type === "state_change") {
        const { to, reason } = effect.receipt.body;
        if (to === "STOPPED") this.#resumed = false;
        if (reason === "resumed") this.#resumed = true;
      }
    }
  }
  check(): void {
    const { story } = this;
    this.note(story.effects.slice(this.#seen));
    this.#seen = story.effects.length;
    const moving = story.state === "RUNNING" || story.state === "SLOW";
    this.#pressed = story.world["estop"]?.[0] === 0;
    if (moving && !this.#resumed) throw new Error("motion without a resume since the last stop");
    if (moving && this.#pressed) throw new Error("motion with the e-stop pressed");
    for (const name of ["estop", "near", "joints"])
      if (moving && story.world[name] === null) throw new Error(`motion without the required source ${name}`);
    if (!moving && story.now - this.#lastBlockAt > BLOCK_REPEAT_PERIOD_MAX_US + TICK_PERIOD_US)
      throw new Error("blocked and silent");
    if (this.#lastState === "STOPPED" && moving) throw new Error("from STOPPED straight into motion");
    this.#lastState = story.state;
  }
}

function live(seed: number, rules?: ConstructorParameters<typeof Story>[0]): void {
  const prng = createPrng(seed);
  const story = new Story(rules);
  const watcher = new Watcher(story);
  story.wait(200);
  story.do({ name: "resume" });
  watcher.check();
  for (let i = 0; i < STEPS; i++) {
    ACTS[Math.floor(prng.nextFloat() * ACTS.length)]!(story, prng);
    // long enough for silence to be seen, or a moment
    story.wait(prng.nextFloat() < 0.5 ? 150 : 300);
    watcher.check();
  }
  // out of every state that a life can reach there is a way: healthy inputs, then the acts of the table
  heal(story, ENDED);
  watcher.check();
  walkOut(story, [], () => watcher.check());
  if (story.state !== "RUNNING") throw new Error(`no way out: ${describeState(story)}`);
}

describe("H45 random lives of a cell", () => {
  test(`${LIVES} lives keep every promise`, () => {
    for (let seed = 1; seed <= LIVES; seed++) {
      try {
        live(seed);
      } catch (cause) {
        throw new Error(`seed ${seed}: ${(cause as Error).message}`, { cause });
      }
    }
  });

  test("the canary fails: without the e-stop rule a life is caught moving", () => {
    const without = RULES.filter((factory) => !/e.?stop/i.test(factory.name));
    expect(without.length).toBeLessThan(RULES.length);
    let caught = "";
    for (let seed = 1; seed <= 200 && caught === ""; seed++) {
      try {
        live(seed, { rules: without });
      } catch (cause) {
        caught = (cause as Error).message;
      }
    }
    expect(caught).toBe("motion with the e-stop pressed");
  });
});
