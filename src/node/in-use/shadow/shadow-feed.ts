import { Worker } from "node:worker_threads";
import {
  type CellEvent,
  type Effect,
  type Micros,
  SHADOW_BUFFER_NUMBERS,
  SHADOW_BUFFERS,
} from "../../../core/domain/index.ts";
import { createShadowCell } from "./shadow-cell.ts";
import { writeShadowReport } from "./shadow-file.ts";
import {
  SAMPLE_HEAD,
  type ShadowFact,
  type ShadowLook,
  type ShadowMessage,
  type ShadowSetting,
} from "./shadow-words.ts";

/** So much of the run goes over in one message at most, and so many facts. */
const FLUSH_US = 20_000;
const FACTS_MAX = 256;
const ENERGY_EVERY_US = 1_000_000;
const END_TIMEOUT_MS = 5_000;

export interface ShadowStatus {
  readonly candidate: string;
  readonly state: "starting" | "hearing" | "enough" | "broken";
  readonly dropped: number;
  readonly waiting: number;
  readonly trouble: string;
}
/** Copies of what the live cell hears, on their way to the shadow. Costs the reflex a copy and never a wait. */
export interface ShadowFeed {
  readonly status: ShadowStatus;
  record(event: CellEvent): void;
  observe(effect: Effect, t: Micros): void;
  close(): Promise<void>;
}
/** Where messages go: another thread when the cell is live, the same one in simulated time. */
interface Listener {
  send(message: ShadowMessage): void;
  close(): Promise<void>;
}
interface Answers {
  ready(): void;
  buffer(numbers: Float64Array): void;
  enough(): void;
  broken(detail: string): void;
  look(look: ShadowLook): void;
}
export interface LiveView {
  /** V_s as share of its threshold */
  energy(): number | null;
  state(): { readonly state: string; readonly code: string };
  /** stage that the gate is in */
  stage?(): number;
  /** what the proposer said, before an adapter in use changed it; absent: nothing changes it */
  original?(event: ProposalEvent): ProposalEvent;
}
type ProposalEvent = Extract<CellEvent, { kind: "proposal" }>;

export function createShadowFeed(
  setting: ShadowSetting,
  view: LiveView,
  threaded: boolean,
  onLook: (look: ShadowLook) => void = () => {},
): ShadowFeed {
  const free: Float64Array[] = Array.from(
    { length: SHADOW_BUFFERS },
    () => new Float64Array(SHADOW_BUFFER_NUMBERS),
  );
  let current: Float64Array | null = null;
  let used = 0;
  let facts: { at: number; fact: ShadowFact }[] = [];
  let flushAt = setting.fromUs + FLUSH_US;
  let energyAt = setting.fromUs;
  let dropped = 0;
  let state: ShadowStatus["state"] = "starting";
  let trouble = "";

  const answers: Answers = {
    look: onLook,
    ready() {
      if (state === "starting") state = "hearing";
    },
    buffer: (numbers) => void free.push(numbers),
    enough() {
      state = "enough";
    },
    broken(detail) {
      state = "broken";
      trouble = detail;
    },
  };
  const listener = threaded ? onThread(setting, answers) : here(setting, answers);
  const room = (): Float64Array | null => {
    if (current === null) {
      current = free.pop() ?? null;
      used = 0;
    }
    return current;
  };
  const flush = (t: number): void => {
    flushAt = t + FLUSH_US;
    if (current === null) return;
    listener.send({ numbers: current, used, facts, untilUs: t, dropped });
    current = null;
    facts = [];
  };
  const fact = (of: ShadowFact): void => {
    if (room() === null || facts.length >= FACTS_MAX) dropped++;
    else facts.push({ at: used, fact: of });
  };
  const hears = (): boolean => state === "starting" || state === "hearing";
  const sample = (event: Extract<CellEvent, { kind: "sample" }>): void => {
    const { values } = event;
    const size = SAMPLE_HEAD + values.length;
    if (current !== null && used + size > current.length) flush(event.t);
    const row = room();
    if (row === null || size > row.length) return void dropped++;
    row[used] = event.t;
    row[used + 1] = event.channel;
    row[used + 2] = event.stamp;
    row[used + 3] = event.sourceSeq;
    row[used + 4] = values.length;
    row.set(values, used + SAMPLE_HEAD);
    used += size;
  };
  fact({ kind: "state", t: setting.fromUs, ...view.state() });
  return {
    get status() {
      const waiting = SHADOW_BUFFERS - free.length;
      return { candidate: setting.candidate, state, dropped, waiting, trouble };
    },
    record(event) {
      if (!hears()) return;
      if (event.kind === "sample") sample(event);
      else if (
        FROM_OUTSIDE.has(event.kind) &&
        !(event.kind === "health" && event.part.startsWith("promotion"))
      )
        fact({ kind: "event", event: event.kind === "proposal" ? (view.original?.(event) ?? event) : event });
      if (event.t >= energyAt) {
        energyAt = event.t + ENERGY_EVERY_US;
        fact({ kind: "energy", t: event.t, share: view.energy() });
      }
      // a thread that is still starting gives no buffer back
      if (event.t >= flushAt && state !== "starting") flush(event.t);
    },
    observe(effect, t) {
      if (!hears() || effect.kind !== "receipt") return;
      const { body } = effect.receipt;
      if (body.receipt_type === "state_change") fact({ kind: "state", t, state: body.to, code: body.code });
      if (body.receipt_type === "gate_decision")
        fact({ kind: "verdict", t, id: body.action_id, verdict: body.decision, code: "" });
      if (body.receipt_type === "block")
        fact({ kind: "verdict", t, id: body.action_id, verdict: "RED", code: body.code });
    },
    async close() {
      flush(flushAt);
      await listener.close();
    },
  };
}
const FROM_OUTSIDE: ReadonlySet<CellEvent["kind"]> = new Set(["fault", "proposal", "health", "operator"]);

function onThread(setting: ShadowSetting, answers: Answers): Listener {
  const name = `./shadow-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
  const worker = new Worker(new URL(name, import.meta.url), { workerData: setting, name: "shadow" });
  let over: (() => void) | null = null;
  const end = (detail: string): void => {
    answers.broken(detail);
    over?.();
  };
  worker.on(
    "message",
    (said: { kind: string; numbers?: Float64Array; detail?: string; look?: ShadowLook }) => {
      if (said.kind === "ready") answers.ready();
      else if (said.kind === "buffer") answers.buffer(said.numbers!);
      else if (said.kind === "look") answers.look(said.look!);
      else if (said.kind === "enough") answers.enough();
      else if (said.kind === "ended") over?.();
      else end(said.detail ?? "");
    },
  );
  worker.on("error", (cause: Error) => end(cause.message));
  worker.on("exit", () => over?.());
  worker.unref();
  return {
    send: (message) => worker.postMessage(message, [message.numbers.buffer as ArrayBuffer]),
    async close() {
      const ended = new Promise<void>((done) => {
        over = done;
        setTimeout(done, END_TIMEOUT_MS).unref();
      });
      worker.postMessage("end");
      await ended;
      await worker.terminate();
    },
  };
}

/** In simulated time nothing may be late: the shadow hears on the same thread, between two steps. */
function here(setting: ShadowSetting, answers: Answers): Listener {
  const cell = createShadowCell(setting);
  let ended: "running" | "hours" | "decisions" = "running";
  let last = Promise.resolve();
  answers.ready();
  const hear = async (message: ShadowMessage): Promise<void> => {
    const enough = ended === "running" ? await cell.take(message) : null;
    const look = setting.before === undefined ? null : cell.look();
    if (look !== null) answers.look(look);
    answers.buffer(message.numbers);
    if (enough === null) return;
    ended = enough;
    answers.enough();
    writeShadowReport(setting.dataDir, cell.report(enough));
  };
  return {
    send(message) {
      last = last.then(() => hear(message)).catch((cause: Error) => answers.broken(cause.message));
    },
    async close() {
      await last;
      if (ended === "running" && setting.before === undefined)
        writeShadowReport(setting.dataDir, cell.report("stopped"));
    },
  };
}
