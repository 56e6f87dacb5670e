import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { createActuator } from "../edge/actuators/index.ts";
import { type SimulatedWorld, simulatedWorld } from "./simulated-world.ts";
import { type Extensions, timedGuests } from "./extensions/index.ts";
import type { Guests } from "../core/reflex/index.ts";
import { createPipeline } from "../core/cell/pipeline/index.ts";
import {
  besideDeployment,
  type DeploymentParts,
  type GoodConfig,
  readDeploymentParts,
  readNamedFiles,
} from "./deployment/index.ts";
import {
  type CellEvent,
  type Code,
  type Effect,
  type EpochMicros,
  epochMicrosOf,
  type LatchedCause,
  type Micros,
  msToMicros,
} from "../core/domain/index.ts";
import type { Ledger } from "../edge/ledger/index.ts";
import { StateWriter } from "../edge/files/index.ts";
import { keepBeside, nodeLedger } from "./node-ledger.ts";
import { bindChannels, type CellNode, createNode } from "./node.ts";
import { createLiveClock, SIMULATED_EPOCH, VirtualClock } from "./clock.ts";
import { liveScheduler, VirtualScheduler } from "./scheduler.ts";
import { rehearse } from "./rehearsal.ts";
import { withDigest } from "./receipt-digest.ts";
import type { Actuator, Clock, SignedRequests, Transport } from "../edge/ports/index.ts";
import type { NodePromotion } from "./in-use/index.ts";
import { keptAtStart } from "./config-history.ts";
import { clockWentBack } from "./kept-state.ts";
import { createTapeWriter, type TapeSetting, type TapeWriter } from "../edge/recordings/tape/index.ts";
import { UserError } from "../core/base/user-error.ts";
import { createInlineTrials, createTrialPool, type TrialPool } from "./threads/index.ts";
import { troubleWith } from "../core/base/trouble-with.ts";

/**
 * The composition root: the only file that names concrete parts for a running node. It chooses; how the
 * chosen parts start and stop stands in lifecycle.ts.
 */
export interface RunOptions {
  readonly config: GoodConfig;
  readonly dataDir: string;
  readonly seed: number;
  readonly tape: string | null;
  readonly version: string;
  /** the parts that the deployment may name: ours and those of its extensions */
  readonly extensions: Extensions;
  /** hash of the deployment file alone, where something promoted changes what is in use */
  readonly ownHash?: string;
  /** what was promoted, in the place of the deployment's own parts; `config` is then the one in use */
  readonly promotion?: NodePromotion;
  /** causes that the start found beside the ledger */
  readonly lost?: readonly LatchedCause[];
  /** ends the node in order, so that it begins again with what is then in use */
  readonly restart?: (why: string) => void;
  /** simulated time keeps pace with real time: what takes time is measured */
  readonly measured?: boolean;
  /** false: the simulated arm does not listen; shows what would have happened */
  readonly obeys?: boolean;
}
export interface Composition {
  /** gives the cell its first event; listeners that want to hear it stand in `observers` by then */
  begin(): void;
  readonly node: CellNode;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly digest: { digest(): string; readonly count: number };
  readonly tape: TapeWriter;
  readonly trials: TrialPool;
  readonly transports: readonly NamedTransport[];
  /** writes small files of state beside the deciding thread */
  readonly stateWriter: StateWriter;
  /** judges what people sign */
  readonly signed: SignedRequests;
  /** set when the deployment's world is simulated */
  readonly simulated: Simulated | null;
  readonly options: RunOptions;
  /** listeners of effects, for people and metrics */
  readonly observers: ((effect: Effect, t: Micros) => void)[];
  /** listeners of everything that enters, after it was carried out; they copy what they keep */
  readonly recorders: ((event: CellEvent) => void)[];
}
interface NamedTransport {
  readonly name: string;
  readonly transport: Transport;
}
interface Simulated {
  readonly clock: VirtualClock;
  readonly scheduler: VirtualScheduler;
  readonly world: SimulatedWorld;
}
/** of the longest lag of the loop, for one call of a rule that an extension brings */
const SLOW_SHARE = 1 / 3;
const DAY_US = 86_400_000_000;
/** simulated time from what the watch saw to its word */
const PROMOTION_WORD_US = 1_000;
/** in the data folder: one file per stop */
const BLACK_BOX_FOLDER = "black-box";

export async function compose(options: RunOptions): Promise<Composition> {
  const { config, seed } = options;
  const early = createEarlyWords();
  // What a person may have written wrongly is read before anything opens: a thread that is open keeps a failed start alive.
  const deploymentParts = partsOf(options);
  const world = simulatedWorld(options, deploymentParts.urdf);
  if (options.tape !== null) requireWritable(options.tape);
  const transports = await makeTransports(options);
  const actuators = makeActuators(options, world, transports);
  const stateWriter = new StateWriter();
  const onHealth = (part: string, code: Code, active: boolean, detail: string): void =>
    early.say((door) => door.health(part, code, active, detail));
  const opening = nodeLedger(options, world === null, stateWriter, onHealth);
  // while the ledger's thread opens; simulated time does not mind how long a step takes
  if (world === null) rehearse(createPipeline);
  const ledger = await opening;
  const { boot, latched, fault } = ledger.recovered;
  const simulated = world === null ? null : simulatedTime(world, boot);
  const clock = simulated?.clock ?? createLiveClock();
  const tape = openTape(options, clock.epoch, boot, (code, active, detail) =>
    early.say((door) => door.health("tape", code, active, detail)),
  );
  const boxBlock = createBoxTrigger(tape, simulated === null);
  // Threads can be late; simulated time is the same at any speed only when nothing in it can be.
  const trials = simulated === null ? createTrialPool() : createInlineTrials();
  const digest = withDigest(ledger);
  const observers: Composition["observers"] = [];
  const recorders: Composition["recorders"] = [];
  const kept = keepBeside(options, clock, ledger, stateWriter, onHealth);
  const node = createNode({
    deployment: config.deployment,
    configHash: config.hash,
    clock,
    ...deploymentParts,
    ...(deploymentParts.guests && {
      guests: watchedGuests(deploymentParts.guests, options, simulated, early.say),
    }),
    prepare: options.extensions.adapt ?? undefined,
    scheduler: simulated?.scheduler ?? liveScheduler,
    actuators,
    receipts: digest,
    ...(simulated !== null && options.measured === true && { stopwatch: () => performance.now() }),
    trials,
    stages: kept.stages,
    createPipeline,
    adapt: options.promotion?.adapt,
    record: (event: CellEvent) => {
      tape.append(event);
      for (const recorder of recorders) recorder(event);
    },
    observe: (effect, t) => {
      boxBlock(effect, t);
      for (const observer of observers) {
        try {
          observer(effect, t);
        } catch (cause) {
          // one that throws must not keep the effect from those after it
          node.door.partFailed("observer", troubleWith(cause));
        }
      }
    },
  });
  const change = keptAtStart(options, boot, (trouble) =>
    early.say((door) => door.health("config", "CONFIG_NOT_KEPT", true, trouble)),
  );
  const begin = (): void => {
    world?.attach(node.door, node.channels, clock.epoch);
    const { stage, lastAt } = ledger.recovered;
    const back = simulated === null ? clockWentBack(clock.epoch, lastAt) : [];
    node.start({
      boot,
      latched: [...latched, ...back, ...(options.lost ?? [])],
      ledgerFault: fault,
      seed,
      program: options.version,
      ...(stage && { stage }),
    });
    early.tell(node.door);
    if (change !== null) ledger.append({ ...change, at: node.cell.wall(0 as Micros) });
    world?.planner?.begin(node);
    options.promotion?.begin({
      cell: config.deployment.cell,
      boot,
      seed,
      epoch: clock.epoch,
      live: simulated === null,
      ...viewOf(node),
      wall: (t) => node.cell.wall(t),
      health: (code, detail, active = true) => node.door.health("promotion", code, active, detail),
      append: (receipt) => ledger.append(receipt),
      soon: (act) =>
        (simulated?.scheduler ?? liveScheduler).later(Promise.resolve(null), PROMOTION_WORD_US, act),
      observe: (listener) => void observers.push(listener),
      record: (listener) =>
        void recorders.push((event) => {
          const { enteredAt } = node.door;
          listener(event, enteredAt === 0 ? 0 : (performance.now() - enteredAt) * 1_000);
        }),
      restart: options.restart,
    });
  };
  return {
    begin,
    recorders,
    node,
    clock,
    ledger,
    digest,
    tape,
    trials,
    transports,
    stateWriter,
    signed: kept.signed,
    simulated,
    options,
    observers,
  };
}

/** What a cell beside this one is told about it. */
export function viewOf({ cell }: CellNode) {
  const { energy } = cell;
  return {
    state: () => ({ state: cell.state, code: cell.why().code }),
    energy: () => (energy.value === null ? null : energy.value / Math.max(energy.threshold, 1e-12)),
    stage: () => cell.pipeline?.view().stage ?? 0,
  };
}

type Say = (door: CellNode["door"]) => void;
/** In real time a rule that blocks for long keeps everything else from working. Simulated time does not mind. */
const watchedGuests = (
  guests: Guests,
  { config }: RunOptions,
  simulated: Simulated | null,
  say: (word: Say) => void,
): Guests =>
  simulated !== null
    ? guests
    : timedGuests(guests, config.deployment.self.maxLoopLagMs * SLOW_SHARE, (extension, detail) =>
        // it is noticed in the middle of a step: the word comes in after it
        queueMicrotask(() =>
          say((door) => door.health(`extension ${extension}`, "EXTENSION_SLOW", true, detail)),
        ),
      );
/** The ledger opens before there is a door; what it has to say before that is kept for it. */
function createEarlyWords() {
  const kept: Say[] = [];
  let door: CellNode["door"] | null = null;
  return {
    say: (word: Say): void => (door === null ? void kept.push(word) : word(door)),
    tell(to: CellNode["door"]): void {
      door = to;
      for (const word of kept.splice(0)) word(to);
    },
  };
}

/** Each simulated run is dated a day after the one before: receipts in one folder never go back in time. */
function simulatedTime(world: SimulatedWorld, boot: number): Simulated {
  const clock = new VirtualClock(epochMicrosOf(SIMULATED_EPOCH + (boot - 1) * DAY_US));
  return { clock, world, scheduler: new VirtualScheduler(() => clock.now()) };
}

/** Makes every transport but the simulated one; settings that do not fit end the start with the place. */
async function makeTransports({ config, extensions }: RunOptions): Promise<NamedTransport[]> {
  const made: NamedTransport[] = [];
  for (const [name, raw] of Object.entries(config.deployment.transports)) {
    if (raw.kind === "sim") continue;
    const kind = extensions.transports.find((k) => k.kind === raw.kind);
    if (kind === undefined)
      throw new UserError(
        `${config.file}: transports.${name}.kind: "${raw.kind}" is unknown`,
        `known: sim, ${extensions.transports.map((k) => k.kind).join(", ")}`,
      );
    const settings = kind.schema.safeParse(raw);
    if (!settings.success) {
      const issue = settings.error.issues[0]!;
      const place = ["transports", name, ...issue.path].join(".");
      throw new UserError(`${config.file}: ${place}: ${issue.message}`, `${kind.kind}: ${kind.purpose}`);
    }
    made.push({ name, transport: await kind.create(name, settings.data, extensions.devices) });
  }
  return made;
}

/** The chain of actuators, in the order of the deployment. */
function makeActuators(
  { config, extensions }: RunOptions,
  world: SimulatedWorld | null,
  transports: readonly NamedTransport[],
): Actuator[] {
  return Object.entries(config.deployment.actuators).map(([name, raw]) => {
    if (raw.kind === "sim" && world !== null) return world.actuator(name);
    const carrier = transports.find((t) => t.name === raw.transport)?.transport;
    const made = createActuator(name, raw, carrier?.sender, extensions.actuators);
    if (!made.ok) throw new UserError(`${config.file}: ${made.error}`, "correct the deployment file");
    return made.value;
  });
}

/** A tape that was asked for and cannot begin ends the start; trouble with it later never ends anything. */
function requireWritable(path: string): void {
  try {
    closeSync(openSync(path, "w", 0o640));
  } catch (cause) {
    throw new UserError(
      `--tape ${path} cannot be written: ${troubleWith(cause)}`,
      "name a file in a folder that exists and may be written",
    );
  }
}

/** The file that was asked for, if any, and always the black box. */
function openTape(
  options: RunOptions,
  epoch: EpochMicros,
  boot: number,
  onHealth: NonNullable<TapeSetting["onHealth"]>,
): TapeWriter {
  const { config, seed, version, tape: path } = options;
  const { deployment } = config;
  const files = readNamedFiles(deployment, options.promotion?.used.beside ?? besideDeployment(config.file));
  if (!files.ok) throw new UserError(files.error.what, files.error.remedy);
  const { beforeMs, afterMs, ringBytes, keepFiles, keepBytes } = deployment.blackBox;
  return createTapeWriter({
    path,
    live: !Object.values(deployment.transports).some((t) => t.kind === "sim"),
    segments: { asNamed: true },
    onHealth,
    blackBox: {
      folder: join(options.dataDir, BLACK_BOX_FOLDER),
      beforeUs: msToMicros(beforeMs),
      afterUs: msToMicros(afterMs),
      maxBytes: ringBytes,
      maxFiles: keepFiles,
      maxFolderBytes: keepBytes,
    },
    meta: {
      channels: bindChannels(deployment).map(({ name, config: c }) => ({ name, quantity: c.quantity })),
      cell: deployment.cell,
      configHash: config.hash,
      configText: JSON.stringify(deployment),
      seed,
      boot,
      epoch,
      version,
      files: files.value,
    },
  });
}

/**
 * A stop is written to the black box under the receipt of its change of state. Live, that waits until every
 * effect of the step is out.
 */
function createBoxTrigger(tape: TapeWriter, live: boolean): (effect: Effect, t: Micros) => void {
  let code: Code | null = null;
  let at = 0;
  return (effect, t) => {
    // what happens at the very start has nothing before it
    if (effect.kind === "block" && effect.first && t > 0) [code, at] = [effect.code, t];
    if (effect.kind !== "receipt" || code === null) return;
    if (t !== at || effect.receipt.body.receipt_type !== "state_change") return;
    const stop = code;
    code = null;
    if (live) setImmediate(() => tape.block(effect.id, stop));
    else tape.block(effect.id, stop);
  };
}

/** Files that a deployment names, and the learned energy from the head that it names. */
function partsOf({ config, seed, promotion }: RunOptions): DeploymentParts {
  const parts = readDeploymentParts(config, seed, promotion?.used.beside, promotion?.compared);
  if (!parts.ok) throw new UserError(parts.error.what, parts.error.remedy);
  return parts.value;
}
