import { readFileSync } from "node:fs";
import type { ReceiptBody } from "../../core/domain/index.ts";
import { ed25519Key } from "../../edge/keys/index.ts";
import {
  ArchiveRun,
  fleetNumbers,
  type FrozenRollout,
  type ItemStatus,
  openCentre,
  privateKeyOf,
  type RolloutFolder,
  type RolloutStatus,
} from "../../fleet/index.ts";
import type { Rollout, RolloutEffect } from "../../core/rollout/index.ts";
import { command, EXIT, type Io, UserError } from "../command.ts";
import { jsonOption } from "../ledger/place.ts";
import { programVersion } from "../../node/index.ts";
import { auditPlan } from "./audit-plan.ts";
import { type CentreLedger, openCentreLedger } from "./centre-ledger.ts";
import { drawRollout } from "./picture.ts";
import { folderOf, personOptions, placeOption } from "./place.ts";
import { flag } from "../options/index.ts";

const TICK_MS = 200;
const STATUS_MS = 1_000;
/** a younger receipt may still be on its way to the disk */
const UNSURE_MS = 5_000;

export const rolloutStartCommand = command({
  words: ["rollout", "start"],
  summary: "run a planned rollout, or go on with one whose centre ended",
  takes: "[ID]",
  example: 'cellgate rollout start head_v2 --as anna --because "battery passed, audit read"',
  options: {
    ...personOptions,
    "until-pause": flag("end when a person's audit is due, instead of waiting for it"),
    ...placeOption,
    ...jsonOption,
  },
  async run(input, io) {
    return runCentre({
      folder: folderOf(input),
      dataDir: input.values.rollouts,
      begin: { by: input.values.as, reason: input.values.because },
      untilPause: input.values["until-pause"],
      json: input.values.json,
      io,
    });
  },
});

export interface CentreWish {
  readonly folder: RolloutFolder;
  readonly dataDir: string;
  /** who begins a rollout that has only been planned; null: nobody does */
  readonly begin: { readonly by: string; readonly reason: string } | null;
  readonly untilPause: boolean;
  readonly json: boolean;
  readonly io: Io;
}
/** The centre of one rollout, in this process. */
export async function runCentre(wish: CentreWish): Promise<number> {
  const { folder, dataDir, io } = wish;
  const frozen = folder.plan();
  const ledger = await openCentreLedger(dataDir, frozen.hash);
  try {
    const driver = await openDriver({ frozen, folder, dataDir, ledger, io });
    return await drive(driver, frozen, wish);
  } finally {
    await ledger.close();
  }
}

interface Parts {
  readonly frozen: FrozenRollout;
  readonly folder: RolloutFolder;
  readonly dataDir: string;
  readonly ledger: CentreLedger;
  readonly io: Io;
}
/** A fleet or an archive: what the loop below needs of either. */
interface Driver {
  readonly rollout: Rollout;
  readonly connected: boolean;
  /** why decisions cannot be written down; null: they can */
  readonly unwritten: string | null;
  act(act: "start" | "advance" | "pause" | "abort" | "kill", by: string, reason: string): void;
  items(): ItemStatus[];
  /** something is still on its way: orders without an answer, replays that wait */
  readonly busy: boolean;
  turn(): Promise<void>;
  close(): Promise<void>;
}

function commonOf({ frozen, folder, dataDir, ledger }: Parts) {
  const rolloutBody = (e: Extract<RolloutEffect, { kind: "receipt" }>): ReceiptBody => ({
    receipt_type: "rollout",
    plan: frozen.plan.id,
    stage: e.stage,
    verdict: e.verdict,
    code: e.code,
    by: e.by,
    terms: { ...e.terms, plan_hash: frozen.hash },
  });
  // what a process that was cut off may not have brought to the disk is written again: twice is better than never
  for (const body of folder.recent()) ledger.receipt(body);
  let recent: { readonly atMs: number; readonly body: ReceiptBody }[] = [];
  return {
    memory: folder.memory(),
    keep(memory: Rollout["memory"]) {
      recent = recent.filter(({ atMs }) => Date.now() - atMs < UNSURE_MS);
      folder.keep(
        memory,
        recent.map(({ body }) => body),
      );
    },
    receipt(effect: Extract<RolloutEffect, { kind: "receipt" }>) {
      const body = rolloutBody(effect);
      recent.push({ atMs: Date.now(), body });
      ledger.receipt(body);
    },
    audit() {
      const { passed, hash, findings } = auditPlan(frozen, dataDir);
      ledger.receipt({
        receipt_type: "audit",
        subject: frozen.plan.id,
        findings: findings.slice(0, 1_000).map((f) => ({ ...f, place: f.place && { ...f.place } })),
        passed,
        by: "rollout",
      });
      return { passed, hash };
    },
  };
}

const openDriver = (parts: Parts): Promise<Driver> | Driver =>
  parts.frozen.fleet === null ? archiveDriver(parts) : fleetDriver(parts, parts.frozen.fleet);

function archiveDriver(parts: Parts): Driver {
  const run = new ArchiveRun({ frozen: parts.frozen, version: programVersion(), ...commonOf(parts) });
  const { cells } = parts.frozen.plan;
  return {
    rollout: run.rollout,
    connected: true,
    unwritten: null,
    act: (act, by, reason) => run.act(act, by, reason),
    items: () =>
      cells.map((name) => {
        const said = run.said.get(name);
        const holds = said ?? "";
        return { name, told: said !== undefined, holds, says: "", trouble: "", heardMs: null };
      }),
    get busy() {
      return run.waiting > 0;
    },
    async turn() {
      await run.work();
      run.tick();
      if (run.waiting === 0) await pause(TICK_MS);
    },
    close: async () => {},
  };
}

async function fleetDriver(parts: Parts, fleet: NonNullable<FrozenRollout["fleet"]>): Promise<Driver> {
  const { frozen, dataDir } = parts;
  const cellKeys = new Map(Object.entries(fleet.cells).map(([name, key]) => [name, ed25519Key(key)!]));
  const centre = await openCentre({
    access: fleet.access,
    base: fleet.base,
    fleet: fleet.name,
    plan: frozen.plan,
    slot: frozen.slot,
    bundle: frozen.bundle,
    fleetKey: readFleetKey(fleet.keyFile),
    cellKeys,
    tickMs: TICK_MS,
    numbers: fleetNumbers(dataDir, fleet.name),
    ...commonOf(parts),
  }).catch((cause: Error) => {
    if (cause instanceof UserError) throw cause;
    throw new UserError(
      cause.message,
      "is the broker running, and is the plan's address right?",
      EXIT.failed,
    );
  });
  const names = [...frozen.plan.cells, ...frozen.plan.baselineCells];
  return {
    rollout: centre.rollout,
    get connected() {
      return centre.connected;
    },
    get unwritten() {
      return centre.unwritten;
    },
    act: (act, by, reason) => centre.act(act, by, reason),
    items() {
      const told = centre.rollout.view().told;
      return names.map((name, i) => {
        const heard = centre.heard.get(name);
        const says = heard === undefined ? "" : heard.killed ? "killed" : heard.code;
        const { holds = "", trouble = "", atMs: heardMs = null } = heard ?? {};
        return { name, told: i < told, holds, says, trouble, heardMs };
      });
    },
    get busy() {
      return centre.rollout.view().stillToGoBack > 0;
    },
    turn: () => pause(TICK_MS),
    close: () => centre.close(),
  };
}
export function readFleetKey(file: string): ReturnType<typeof privateKeyOf> {
  try {
    return privateKeyOf(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UserError(
      `fleet.keyFile: ${(cause as Error).message}`,
      "make one with `cellgate rollout keys FILE`; the cells must know its public half",
    );
  }
}
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const over = ({ rollout, busy }: Driver): boolean =>
  rollout.state === "done" || ((rollout.state === "aborted" || rollout.state === "killed") && !busy);

/** Until it is over, a person interrupts, or, when asked for, a pause: what is known stays on the disk. */
async function drive(driver: Driver, frozen: FrozenRollout, wish: CentreWish): Promise<number> {
  const { folder, begin, untilPause, json, io } = wish;
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  if (begin !== null && driver.rollout.state === "planned") driver.act("start", begin.by, begin.reason);
  let shown = "";
  let due = 0;
  try {
    while (!over(driver) && !interrupted.signal.aborted) {
      for (const { act, by, reason } of folder.takeRequests()) driver.act(act, by, reason);
      if (driver.rollout.state === "planned" || (untilPause && driver.rollout.state === "paused")) break;
      await driver.turn();
      if (Date.now() >= due) tell(folder, driver, frozen, true);
      if (Date.now() >= due) due = Date.now() + STATUS_MS;
      const line = lineOf(driver);
      if (line !== shown && !json) io.err(line);
      shown = line;
    }
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await driver.close();
    // the ledger closes behind this: nothing is left to write again
    folder.keep(driver.rollout.memory);
    tell(folder, driver, frozen, false);
  }
  const status = statusOf(driver, frozen, false);
  if (json) io.out(JSON.stringify(status));
  else drawRollout(status, folder.waitingRequests(), io);
  if (interrupted.signal.aborted) return EXIT.interrupted;
  return driver.rollout.state === "done" || driver.rollout.state === "paused" ? EXIT.ok : EXIT.found;
}

/** A status that cannot be written must not end the centre: it may have cells to take back. */
function tell(folder: RolloutFolder, driver: Driver, frozen: FrozenRollout, running: boolean): void {
  try {
    folder.say(statusOf(driver, frozen, running));
  } catch {
    // the line for the person who watches says it
  }
}
function statusOf(driver: Driver, { plan }: FrozenRollout, running: boolean): RolloutStatus {
  return {
    id: plan.id,
    automation: plan.automation,
    artefact: plan.artefact,
    atMs: Date.now(),
    running,
    connected: running && driver.connected,
    view: driver.rollout.view(),
    judge: plan.judge,
    items: driver.items(),
  };
}
/** One line for each change, for people who watch. */
function lineOf({ rollout, unwritten }: Driver): string {
  const { state, stage, targets, told, changed, failed, judgement } = rollout.view();
  const judged = judgement !== null && (state === "running" || state === "paused");
  const verdict = judged ? `, ${judgement.verdict} (${judgement.code})` : "";
  const stuck =
    unwritten === null ? "" : `; nobody is told to go on, since it cannot be written: ${unwritten}`;
  return `${state}: stage ${stage + 1} of ${targets.length}, ${told} told, ${changed} changed, ${failed} failed${verdict}${stuck}`;
}
