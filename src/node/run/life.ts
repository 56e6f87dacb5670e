import { telemetryWanted } from "../../edge/transports/mqtt/index.ts";
import { EXIT, UserError } from "../../core/base/user-error.ts";
import { type Code, CODES, codeEntry, type LatchedCause, type NodeStatus } from "../../core/domain/index.ts";
import { createAnnouncer } from "../announcer.ts";
import { compose, type Composition, viewOf } from "../compose.ts";
import { isUnavailable, openLedgerOf } from "../node-ledger.ts";
import type { GoodConfig } from "../deployment/index.ts";
import {
  candidateFile,
  createNodeShadow,
  keepCandidate,
  type NodePromotion,
  type NodeShadow,
  openNodePromotion,
} from "../in-use/index.ts";
import { speakLast } from "../last-word.ts";
import { closeParts, runToEnd, StartError } from "../lifecycle.ts";
import { lostPromotion } from "../kept-state.ts";
import { MarginsToday } from "../margins-today.ts";
import { RecentLatency } from "../recent-latency.ts";
import { buildStatus } from "../status.ts";
import { openEndpoint } from "./endpoint.ts";
import { keepOpen } from "./kept-open.ts";
import { requireExtensions } from "./require-deployment.ts";
import type { OpenFleet, RunEnd, RunFollower, RunRequest } from "./request.ts";

const ANNOUNCE_PERIOD_MS = 1_000;
const LEDGER_AGAIN_MS = 2_000;

export interface LifeSetting {
  readonly dataDir: string;
  /** length in microseconds, Infinity for none */
  readonly endUs: number;
  readonly seed: number;
  readonly speed: number;
  readonly tape: string | null;
  readonly port: number | null;
  readonly shadow: string | null;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly follow: NonNullable<RunRequest["follow"]>;
  readonly openFleet: OpenFleet;
  /** latched in a life whose ledger could not be opened, so that nothing kept it */
  readonly carried: readonly LatchedCause[];
  /** whoever works with the node itself, before it has its first event */
  readonly beside?: (parts: Composition) => void;
}
interface LifeEnd {
  /** why the node has to begin again; null: the run is over */
  readonly again: string | null;
  readonly carried: readonly LatchedCause[];
  readonly end: Omit<RunEnd, "why">;
}

export const isSimulated = ({ deployment }: GoodConfig): boolean =>
  Object.values(deployment.transports).some((t) => t.kind === "sim");

/** One life of the node. */
export async function liveOnce(own: GoodConfig, wanted: LifeSetting): Promise<LifeEnd> {
  const again = new AbortController();
  let why: string | null = null;
  const restart = (reason: string): void => {
    why = reason;
    again.abort(`starts anew: ${reason}`);
  };
  const lost = [...lostPromotion(wanted.dataDir), ...wanted.carried];
  const promotion = openNodePromotion(own, wanted.dataDir, Date.now() * 1_000);
  const parts = await compose({
    config: promotion.used.config,
    ownHash: own.hash,
    measured: wanted.speed === 1,
    promotion,
    dataDir: wanted.dataDir,
    seed: wanted.seed,
    tape: wanted.tape,
    version: wanted.version,
    lost,
    extensions: requireExtensions(own),
    restart,
  });
  const ledgerAgain = isUnavailable(parts.ledger) ? tryLedgerAgain(parts.options, restart) : null;
  const { status, meters } = measured(parts, wanted, isSimulated(own), promotion);
  let follower: RunFollower = {};
  const say = (line: string): void => follower.say?.(line);
  // a run at full speed is nobody's protection: what fails there is thrown
  const fallSilent = wanted.speed === 1 ? speakLast(parts, say) : () => undefined;
  let announcements: NodeJS.Timeout | null = null;
  let shadow: NodeShadow | null = null;
  let begun = false;
  let ran = false;
  try {
    const listening = shadowOf(parts, promotion, wanted);
    shadow = listening;
    announcements = announce(parts, status);
    follower = await wanted.follow({
      status,
      entryOf: parts.node.cell.reflex.entryOf,
      observe: (listener) => void parts.observers.push(listener),
    });
    sayTroubles(promotion, say);
    wanted.beside?.(parts);
    if (wanted.shadow !== null) beginShadow(listening, wanted.shadow, own, wanted.dataDir, say);
    begun = true;
    const left = await runToEnd(parts, {
      endUs: wanted.endUs,
      speed: wanted.speed,
      signal: AbortSignal.any([wanted.signal, again.signal]),
      ...meters,
      // in a run at full speed no person could act in time
      openControl:
        wanted.speed === 1
          ? async () => {
              const page = (url: string): void => follower.page?.(url);
              const endpoint = await openEndpoint(parts, listening, status, wanted, { say, page });
              const fleet = wanted.openFleet({ parts, own, status, restart, say });
              return { close: async () => void (await Promise.all([endpoint.close(), fleet?.close()])) };
            }
          : null,
    });
    ran = true;
    if (left === "still moving")
      say("the robot was not seen to stand before the node ended; use the hardwired e-stop");
  } catch (cause) {
    if (cause instanceof StartError) throw new UserError(cause.message, remedyIn(cause.message), EXIT.failed);
    throw cause;
  } finally {
    // threads and timers that outlive a failed start would keep the process alive
    if (!begun) await closeParts(parts);
    await ledgerAgain?.close();
    await shadow?.close();
    if (announcements !== null) clearInterval(announcements);
    follower.end?.(ran);
    fallSilent();
  }
  if (why !== null && !wanted.signal.aborted) say(`starts anew: ${why}`);
  const carried = isUnavailable(parts.ledger) ? parts.node.cell.reflex.latched().filter(isOwnCause) : [];
  return { again: wanted.signal.aborted ? null : why, carried, end: endOf(parts, status(), wanted) };
}
/** one that the next life does not find out by itself */
const isOwnCause = ({ code }: { readonly code: Code }): boolean =>
  code !== "LEDGER_UNAVAILABLE" && code !== "LEDGER_STATE_LOST";

/** A node without a ledger stands blocked; when the ledger opens again, it begins anew with it. */
const tryLedgerAgain = (options: Composition["options"], restart: (why: string) => void) =>
  keepOpen(
    async () => {
      const ledger = await openLedgerOf(options);
      await ledger.close();
      restart("the ledger can be opened again");
      return { ended: new Promise<string>(() => undefined), close: () => Promise.resolve() };
    },
    () => undefined,
    LEDGER_AGAIN_MS,
  );

/** How late the loop and the blocks of a life are, and its status made of that and everything else. */
function measured(
  parts: Composition,
  { version, speed }: LifeSetting,
  simulated: boolean,
  promotion: NodePromotion,
) {
  const loopLag = new RecentLatency();
  const blockLatency = new RecentLatency();
  parts.observers.push((effect) => {
    const { enteredAt } = parts.node.door;
    if (effect.kind === "block" && effect.first && enteredAt > 0)
      blockLatency.add((performance.now() - enteredAt) * 1_000, performance.now());
  });
  const margins = new MarginsToday(parts.node);
  // a run at full speed is looked at by nobody while it runs
  if (speed === 1) parts.recorders.push((event) => margins.hear(event));
  const statusParts = {
    node: parts.node,
    version,
    boot: parts.ledger.recovered.boot,
    instance: parts.ledger.recovered.instance,
    simulated,
    blockLatency,
    loopLag,
    ledger: () => ledgerStatus(parts),
    margins: () => margins.status(),
    promotion: promotion.status,
  };
  const status = (): NodeStatus => buildStatus(statusParts, parts.clock.now());
  return { status, meters: { loopLag, blockLatency } };
}

/** Tells every wire that can send how the cell is. */
function announce(parts: Composition, status: () => NodeStatus): NodeJS.Timeout {
  const { deployment } = parts.options.config;
  const announcer = createAnnouncer(
    parts.transports.flatMap(({ name, transport }) =>
      transport.sender === undefined
        ? []
        : [{ name, sender: transport.sender, telemetry: telemetryWanted(deployment.transports[name]) }],
    ),
    status,
    (id) => parts.ledger.whenStored(id),
  );
  parts.observers.push((effect) => announcer.observe(effect));
  return setInterval(() => announcer.beat(), ANNOUNCE_PERIOD_MS);
}

function sayTroubles({ used }: NodePromotion, say: (line: string) => void): void {
  for (const { code, detail, from, to } of used.troubles)
    say(`${codeEntry(code).title} (${code}): ${from.slice(0, 16)} → ${to.slice(0, 16)}: ${detail}`);
}

/** What the code that is named in the words says of it. */
function remedyIn(words: string): string {
  const [code] = words.match(/\b[A-Z]+(_[A-Z]+)+\b/) ?? [];
  return code !== undefined && Object.hasOwn(CODES, code)
    ? codeEntry(code as Code).remedy
    : "cellgate doctor says what is missing";
}

/** Ready to let a candidate listen; the one that the request names begins with the cell. */
function shadowOf(parts: Composition, { used, original }: NodePromotion, wanted: LifeSetting): NodeShadow {
  const { node, clock, ledger, recorders, observers } = parts;
  return createNodeShadow({
    used,
    ...viewOf(node),
    original,
    dataDir: wanted.dataDir,
    seed: wanted.seed,
    boot: ledger.recovered.boot,
    epoch: clock.epoch,
    live: parts.simulated === null,
    now: () => clock.now(),
    append: (receipt) => ledger.append(receipt),
    record: (listener) => void recorders.push(listener),
    observe: (listener) => void observers.push(listener),
  });
}

function beginShadow(
  shadow: NodeShadow,
  file: string,
  own: GoodConfig,
  dataDir: string,
  say: (line: string) => void,
): void {
  const candidate = keepCandidate(candidateFile(file, "."), own, dataDir, undefined);
  const order = {
    candidate,
    hours: null,
    decisions: null,
    by: "start of the run",
    reason: "named at the start",
  };
  const wrong = shadow.start(order);
  if (wrong !== null) throw new UserError(`--shadow ${file}: ${wrong}`, "correct the candidate");
  say(`shadow: ${candidate.slice(0, 16)} listens; cellgate shadow report`);
}

function ledgerStatus({ ledger }: Composition): NodeStatus["ledger"] {
  const s = ledger.stats();
  return {
    stored: s.stored,
    pending: s.pending,
    refused: s.refused,
    tree_size: s.treeSize,
    root: s.root,
    published: s.publishedSize,
  };
}

const endOf = (parts: Composition, status: NodeStatus, wanted: LifeSetting): LifeEnd["end"] => ({
  endUs: parts.clock.now(),
  seed: wanted.seed,
  state: status.state,
  receipts: parts.digest.count,
  events: parts.node.door.ingest.events,
  configHash: parts.node.configHash,
  dataDir: wanted.dataDir,
  tape: wanted.tape,
  blackBox: parts.tape.stats.lastBox,
  digest: parts.digest.digest(),
});
