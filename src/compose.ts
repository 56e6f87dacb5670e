import { readFileSync } from "node:fs";
import { DEVICES } from "../devices/index.ts";
import { createSimWorld, type SimWorld, simTransportSchema } from "../sim/index.ts";
import { createActuator } from "./actuators/index.ts";
import { UserError } from "./cli/command.ts";
import type { LoadedConfig } from "./config/index.ts";
import { type CellEvent, type Effect, type EpochMicros, epochMicrosOf, type Micros } from "./domain/index.ts";
import { type Ledger, openLedger } from "./ledger/index.ts";
import {
  bindChannels,
  type CellNode,
  createLiveClock,
  createNode,
  liveScheduler,
  SIMULATED_EPOCH,
  VirtualClock,
  VirtualScheduler,
  withDigest,
} from "./node/index.ts";
import type { Actuator, Clock, Transport } from "./ports/index.ts";
import { createTapeWriter, type TapeWriter } from "./tape/index.ts";
import { TRANSPORTS } from "./transports/registry.ts";
interface TrialPool {
  run(r: unknown): Promise<never>;
  help(e: unknown): Promise<never>;
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
const createTrialPool = (_: object): TrialPool => ({
  run: async () => ({ kind: "failed", reason: "refused", detail: "" }) as never,
  help: async () => null as never,
  ping: async () => true,
  close: async () => {},
});

/**
 * The composition root: the only file that names concrete parts for a running node. It chooses; how the
 * chosen parts start and stop stands in lifecycle.ts.
 */
export interface RunOptions {
  readonly config: Extract<LoadedConfig, { ok: true }>;
  readonly dataDir: string;
  readonly seed: number;
  readonly tape: string | null;
  readonly version: string;
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
  readonly tape: TapeWriter | null;
  readonly trials: TrialPool;
  readonly transports: readonly { name: string; transport: Transport }[];
  /** set when the deployment's world is simulated */
  readonly simulated: {
    readonly clock: VirtualClock;
    readonly scheduler: VirtualScheduler;
    readonly world: SimWorld;
  } | null;
  readonly options: RunOptions;
  /** listeners of effects, for people and metrics */
  readonly observers: ((effect: Effect, t: Micros) => void)[];
}

export async function compose(options: RunOptions): Promise<Composition> {
  const { config, dataDir, seed } = options;
  const { deployment, hash: configHash } = config;
  const world = simulatedWorld(options);
  // The ledger opens before there is a door; what it has to say before that is kept for it.
  const early: (() => void)[] = [];
  let node: CellNode | null = null;
  let begun = false;
  const toDoor = (act: (door: CellNode["door"]) => void): void => {
    if (node === null || !begun) early.push(() => act(node!.door));
    else act(node.door);
  };
  const ledger = await openLedger({
    dir: dataDir,
    cell: deployment.cell,
    configHash,
    settings: deployment.ledger,
    onStored: () => {},
    onHealth: (code, active, detail) => toDoor((door) => door.health("ledger", code, active, detail)),
  });
  // each simulated run is dated a day after the one before, so that receipts in one folder never go back in time
  const virtual =
    world === null
      ? null
      : new VirtualClock(epochMicrosOf(SIMULATED_EPOCH + (ledger.recovered.boot - 1) * 86_400_000_000));
  const clock: Clock = virtual ?? createLiveClock();
  const virtualScheduler = virtual === null ? null : new VirtualScheduler(() => virtual.now());
  const tape =
    options.tape === null ? null : openTape(options, options.tape, clock.epoch, ledger.recovered.boot);
  const trials = createTrialPool({});
  const digest = withDigest(ledger);
  const observers: Composition["observers"] = [];
  const transports = await makeTransports(options);
  const urdf = urdfOf(config);
  node = createNode({
    deployment,
    configHash,
    clock,
    ...(urdf !== null && { urdf }),
    scheduler: virtualScheduler ?? liveScheduler,
    actuators: makeActuators(options, world, transports),
    receipts: digest,
    trials: { run: (request) => trials.run(request), help: (effect) => trials.help(effect) },
    record: (event: CellEvent) => void tape?.append(event),
    observe: (effect, t) => {
      for (const observer of observers) observer(effect, t);
    },
  });
  const begin = (): void => {
    world?.attach(node!.door, node!.channels, clock.epoch);
    node!.start({
      boot: ledger.recovered.boot,
      latched: ledger.recovered.latched,
      ledgerFault: ledger.recovered.fault,
      seed,
    });
    for (const tell of early.splice(0)) tell();
    begun = true;
  };
  const simulated =
    world === null || virtual === null || virtualScheduler === null
      ? null
      : { clock: virtual, scheduler: virtualScheduler, world };
  return { begin, node, clock, ledger, digest, tape, trials, transports, simulated, options, observers };
}

function simulatedWorld({ config, seed, obeys }: RunOptions): SimWorld | null {
  const entry = Object.values(config.deployment.transports).find((t) => t.kind === "sim");
  return entry === undefined ? null : createSimWorld(simTransportSchema.parse(entry), seed, obeys ?? true);
}

/** Makes every transport but the simulated one; settings that do not fit end the start with the place. */
async function makeTransports({ config }: RunOptions): Promise<{ name: string; transport: Transport }[]> {
  const made: { name: string; transport: Transport }[] = [];
  for (const [name, raw] of Object.entries(config.deployment.transports)) {
    if (raw.kind === "sim") continue;
    const kind = TRANSPORTS.find((k) => k.kind === raw.kind);
    if (kind === undefined)
      throw new UserError(
        `${config.file}: transports.${name}.kind: "${raw.kind}" is unknown`,
        `known: sim, ${TRANSPORTS.map((k) => k.kind).join(", ")}`,
      );
    const settings = kind.schema.safeParse(raw);
    if (!settings.success) {
      const issue = settings.error.issues[0]!;
      throw new UserError(
        `${config.file}: transports.${[name, ...issue.path].join(".")}: ${issue.message}`,
        `${kind.kind}: ${kind.purpose}`,
      );
    }
    made.push({ name, transport: await kind.create(name, settings.data, DEVICES) });
  }
  return made;
}

/** The chain of actuators, in the order of the deployment. */
function makeActuators(
  { config }: RunOptions,
  world: SimWorld | null,
  transports: readonly { name: string; transport: Transport }[],
): Actuator[] {
  return Object.entries(config.deployment.actuators).map(([name, raw]) => {
    if (raw.kind === "sim" && world !== null) return world.actuator(name);
    const carrier = transports.find((t) => t.name === raw.transport)?.transport;
    const made = createActuator(name, raw, carrier?.sender);
    if (!made.ok) throw new UserError(`${config.file}: ${made.error}`, "correct the deployment file");
    return made.value;
  });
}

function openTape(options: RunOptions, path: string, epoch: EpochMicros, boot: number): TapeWriter {
  const { config, seed, version } = options;
  const simulated = Object.values(config.deployment.transports).some((t) => t.kind === "sim");
  return createTapeWriter({
    path,
    live: !simulated,
    meta: {
      channels: bindChannels(config.deployment).map(({ name, config: c }) => ({
        name,
        quantity: c.quantity,
      })),
      cell: config.deployment.cell,
      configHash: config.hash,
      configText: config.effective,
      seed,
      boot,
      epoch,
      version,
    },
  });
}

function urdfOf({ deployment, file }: RunOptions["config"]): string | null {
  const { kinematics } = deployment.robot;
  if (!("urdf" in kinematics)) return null;
  const path = new URL(kinematics.urdf, `file://${file.startsWith("/") ? file : `${process.cwd()}/${file}`}`)
    .pathname;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UserError(
      `robot.kinematics.urdf: ${(cause as Error).message}`,
      "the path is relative to the deployment file",
    );
  }
}
