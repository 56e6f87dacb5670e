import type { Composition } from "./compose.ts";
import type { Micros } from "../core/domain/index.ts";
import { driveLive } from "./live-driver.ts";
import { driveVirtual } from "./virtual-driver.ts";
import type { RecentLatency } from "./recent-latency.ts";
import { comeToRest, driveToRest, type LeftAs } from "./ending.ts";

export interface RunPlan {
  /** length of the run in microseconds, Infinity for none */
  readonly endUs: number;
  readonly speed: number;
  readonly signal: AbortSignal;
  readonly loopLag: RecentLatency;
  readonly blockLatency: RecentLatency;
  /** opens the endpoint for people, once the cell has had its first event; null: nobody can act in this run */
  readonly openControl: (() => Promise<{ close(): Promise<void> }>) | null;
}

/** A part of the node could not be opened: a mistake of the machine or of the settings, not of ours. */
export class StartError extends Error {
  override readonly name = "StartError";
}

const PING_EVERY_MS = 250;
const PING_TIMEOUT_MS = 750;
const REACTION_REPORT_MS = 2_000;
const REACTION_SAMPLES_MIN = 500;

/**
 * Runs a composed node to its end. Start: the cell says its first block, then transports open. End: the cell is
 * stopped and comes to rest, then wires close, then the tape and the ledger, so that the last word is on both.
 */
export async function runToEnd(parts: Composition, plan: RunPlan): Promise<LeftAs> {
  const { simulated } = parts;
  parts.begin();
  let control: { close(): Promise<void> } | null = null;
  const timers: NodeJS.Timeout[] = [];
  let left: LeftAs = "unmeasured";
  try {
    const [opened, endpoint, threads] = await Promise.allSettled([
      openTransports(parts),
      plan.openControl?.() ?? null,
      parts.trials.ready(),
    ]);
    if (endpoint.status === "fulfilled") control = endpoint.value;
    for (const part of [opened, endpoint, threads]) if (part.status === "rejected") throw part.reason;
    if (simulated === null) timers.push(startPings(parts), startReactionReports(parts, plan));
    await drive(parts, plan, plan.endUs, plan.signal);
  } finally {
    for (const timer of timers) clearInterval(timer);
    // an end that fails half-way still closes what is open; nobody then says that the robot stands
    left = await rest(parts, plan).catch((): LeftAs => "still moving");
    await control?.close();
    await shutDown(parts);
  }
  return left;
}

/** A world of simulated time ends with its run, and nothing in it moves on; whoever cuts it short stops it like a real one. */
async function rest(parts: Composition, plan: RunPlan): Promise<LeftAs> {
  const { simulated, clock } = parts;
  const why = plan.signal.aborted ? String(plan.signal.reason) : "the run has reached its end or failed";
  if (simulated === null)
    return await comeToRest(parts, why, (endUs, done) => driveToRest(parts, endUs, done));
  if (!plan.signal.aborted || clock.now() === 0) return "unmeasured";
  return await comeToRest(parts, why, (endUs, done) =>
    drive(parts, plan, endUs, new AbortController().signal, done),
  );
}

async function drive(
  { node, clock, simulated, options }: Composition,
  plan: RunPlan,
  endUs: number,
  signal: AbortSignal,
  done: () => boolean = () => false,
): Promise<void> {
  const { door } = node;
  if (simulated !== null)
    return await driveVirtual({
      clock: simulated.clock,
      scheduler: simulated.scheduler,
      door,
      world: simulated.world,
      endUs,
      speed: plan.speed,
      signal,
      done,
    });
  await driveLive({
    clock,
    door,
    endUs,
    maxLoopLagMs: options.config.deployment.self.maxLoopLagMs,
    signal,
    onLag: (us) => plan.loopLag.add(us, performance.now()),
  });
}

async function openTransports({ node, clock, transports, options, signed }: Composition): Promise<void> {
  for (const { name, transport } of transports) {
    const context = {
      door: node.door,
      clock,
      channels: node.channels.filter((c) => c.config.transport === name),
      cell: node.deployment.cell,
      configHash: node.configHash,
      dataDir: options.dataDir,
      actuators: Object.entries(node.deployment.actuators)
        .filter(([, actuator]) => actuator.transport === name)
        .map(([actuator, { address }]) => ({ name: actuator, address })),
      jointNames: node.deployment.robot.joints.map((joint) => joint.name),
      operators: node.deployment.operators,
      signed,
    };
    try {
      await transport.open(context);
    } catch (cause) {
      throw new StartError(`transport ${name} (${transport.kind}): ${(cause as Error).message}`);
    }
  }
}

/** The heartbeat goes on only while every part answers. */
function startPings({ node, trials }: Composition): NodeJS.Timeout {
  let silent = false;
  const ping = async (): Promise<void> => {
    const answered = await Promise.race([
      trials.ping(),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), PING_TIMEOUT_MS)),
    ]);
    if (answered !== silent) return;
    silent = !answered;
    node.door.health(
      "trials",
      "PART_SILENT",
      silent,
      silent ? `no answer within ${PING_TIMEOUT_MS} ms` : "answers again",
    );
  };
  return setInterval(() => void ping(), PING_EVERY_MS);
}

/**
 * Separation is computed with the reaction time of this node on this machine, as it is now: the p99 of how long a sample waits for
 * the loop, and from there to the block.
 */
function startReactionReports({ node }: Composition, { loopLag, blockLatency }: RunPlan): NodeJS.Timeout {
  return setInterval(() => {
    const now = performance.now();
    if (loopLag.count(now) < REACTION_SAMPLES_MIN) return;
    const ms = (loopLag.quantile(0.99, now) + blockLatency.quantile(0.99, now)) / 1_000;
    node.door.health("reaction", "REACTION_MEASURED", true, ms.toFixed(3));
  }, REACTION_REPORT_MS);
}

async function shutDown(parts: Composition): Promise<void> {
  const { node, clock } = parts;
  node.door.advance(clock.now() as Micros);
  node.door.ingest.mark();
  await closeParts(parts);
}

/** Closes what a composition opened; all that there is to end when the cell never had its first event. */
export async function closeParts(parts: Composition): Promise<void> {
  const { transports, tape, trials, ledger, stateWriter, options } = parts;
  for (const { transport } of transports) await transport.close();
  await options.promotion?.close();
  await tape.close();
  await trials.close();
  await ledger.close();
  await stateWriter.close();
}
