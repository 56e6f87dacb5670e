import type { Result } from "../../core/base/result.ts";
import { type GoodConfig, readNamedFiles } from "../deployment/index.ts";
import type { CellEvent, Code, Effect, Micros, PromotionStatus, Receipt } from "../../core/domain/index.ts";
import { adaptProposal } from "../../core/promotion/index.ts";
import type { HeadsCompared } from "../deployment/risk-head.ts";
import { type BesideWatch, createBesideWatch } from "./beside-watch.ts";
import { type InUse, inUse, openStore, ownInUse, ownPartsOf, rollbackReceipts } from "./in-use.ts";
import { createLiveWatch, type LiveWatch, rollbackHere, rollbackOnThread } from "./live-watch.ts";
import { pastAtStart } from "./past-receipts.ts";
import { deploymentText } from "./section.ts";
import { createShadowFeed, type LiveView } from "./shadow/shadow-feed.ts";
import { type ArtefactStore, BUILT_IN, textOf } from "./store.ts";
import type { WayBackSetting } from "./way-back.ts";

/** The running node as far as promotion sees it. */
export interface PromotedNode extends Omit<LiveView, "original"> {
  readonly cell: string;
  readonly boot: number;
  readonly seed: number;
  /** wall time at zero of the run's clock */
  readonly epoch: number;
  /** false: simulated time, which knows no latency and waits for no thread */
  readonly live: boolean;
  wall(t: Micros): number;
  stage(): number;
  health(code: Code, detail: string, active?: boolean): void;
  append(receipt: Receipt): boolean;
  /** runs it once the present step is over, at a time that a replay has too */
  soon(act: () => void): void;
  observe(listener: (effect: Effect, t: Micros) => void): void;
  /** hears everything that enters, with the time it took from the door until its effects were out */
  record(listener: (event: CellEvent, tookUs: number) => void): void;
  /** ends the node in order and begins again, blocked; absent: what went back is loaded at the next start */
  restart?: ((why: string) => void) | undefined;
}
/** What a node loads in the place of its deployment's own parts, and how it follows what was promoted. */
export interface NodePromotion {
  readonly used: InUse;
  readonly compared: HeadsCompared;
  readonly adapt: ((raw: unknown) => Result<unknown, string>) | undefined;
  /** what a proposer said before the adapter in use changed it */
  readonly original: NonNullable<LiveView["original"]>;
  /** says what the start found; then watches */
  begin(node: PromotedNode): void;
  readonly watch: LiveWatch | null;
  /** for status and metrics */
  status(): PromotionStatus;
  /** one for each promoted part that is judged beside the one before */
  readonly beside: readonly BesideWatch[];
  /** resolves when what was decided is on the disk */
  close(): Promise<void>;
}
const BESIDE_KINDS = ["rules", "gate", "policy"] as const;
type BesideKind = (typeof BESIDE_KINDS)[number];
const TICK_US = 10_000;

/** Verified before anything of it is loaded. A store that cannot be read blocks the cell; the node still runs. */
export function openNodePromotion(own: GoodConfig, dataDir: string, at: number): NodePromotion {
  const store = openStore(dataDir);
  const used = store.ok
    ? inUse(own, store.value, at, () => pastAtStart(dataDir))
    : ownInUse(own, store.error);
  const adapter = createAdapter(used);
  let live: LiveWatch | null = null;
  let change: number | null = null;
  // what the start itself took back stands in the history; what this run takes back is counted beside it
  const history = store.ok ? store.value.history.map(({ what }) => what) : [];
  let beside: readonly BesideWatch[] = [];
  const begin = (node: PromotedNode): void => {
    tellStart(node, used);
    if (!store.ok) return;
    noteRun(store.value, own);
    const parts = { store: store.value, used, own, dataDir, node, original: adapter.original };
    live = watchHead(parts);
    beside = BESIDE_KINDS.flatMap((kind) => watchBeside(parts, kind) ?? []);
    if (live === null && beside.length === 0) return;
    node.observe((effect, t) => {
      live?.observe(effect);
      for (const one of beside) one.observe(effect, t);
    });
    node.record((event, tookUs) => {
      if (event.kind === "sample") live?.step(tookUs);
      for (const one of beside) one.record(event, tookUs);
    });
  };
  return {
    used,
    compared: {
      look(t, now, before, tookUs) {
        change = now === null || before === null ? null : now - before;
        live?.look(t, now, before, tookUs);
      },
      smell: (code, detail) => live?.smell(code, detail),
      smellGone: (code) => live?.smellGone(code),
    },
    adapt: adapter.adapt,
    original: adapter.original,
    begin,
    get watch() {
      return live;
    },
    get beside() {
      return beside;
    },
    status() {
      const outcomes: Record<string, number> = {
        promoted: 0,
        refused: 0,
        insufficient: 0,
        "rolled-back": 0,
      };
      for (const what of history) outcomes[what] = (outcomes[what] ?? 0) + 1;
      const back = [live, ...beside].filter((one) => (one?.rolledBack ?? null) !== null).length;
      outcomes["rolled-back"]! += back;
      const delta = live === null || live.rolledBack !== null ? null : change;
      return { in_use: { ...used.artefacts }, outcomes, delta_v_s: delta };
    },
    async close() {
      await Promise.all([live?.written(), ...beside.map((one) => one.close())]);
    },
  };
}

/** Only a promotion asks for it: a node whose disk refuses it says so elsewhere, and runs. */
function noteRun(store: ArtefactStore, own: GoodConfig): void {
  try {
    store.noteRun(ownPartsOf(own));
  } catch {
    // then a promotion compares with what the deployment says, as before the first start
  }
}

function tellStart(node: PromotedNode, used: InUse): void {
  for (const [n, body] of rollbackReceipts(used).entries())
    node.append({
      receipt_id: `rollback-${node.boot}-start-${n}`,
      at: node.wall(0 as Micros),
      cell: node.cell,
      config_hash: used.config.hash,
      body,
    });
  for (const { code, detail } of used.troubles) node.health(code, detail);
  if (used.blocked !== null) node.health(used.blocked.code, used.blocked.detail);
}

/** The adapter in use, and what came before it: the artefact before has to hear the proposer, not its successor. */
function createAdapter({ policy }: InUse): Pick<NodePromotion, "adapt" | "original"> {
  if (policy === null) return { adapt: undefined, original: (event) => event };
  const before = new WeakMap<object, unknown>();
  let failed: unknown = null;
  return {
    adapt(raw) {
      const adapted = adaptProposal(policy, raw);
      if (!adapted.ok) failed = raw;
      else if (typeof adapted.value === "object" && adapted.value !== null) before.set(adapted.value, raw);
      return adapted;
    },
    original(event) {
      if (event.refused === "POLICY_ADAPTER_FAILED") return { ...event, raw: failed, refused: null };
      const { raw } = event;
      return typeof raw === "object" && raw !== null && before.has(raw)
        ? { ...event, raw: before.get(raw) }
        : event;
    },
  };
}

interface WatchedParts {
  readonly store: ArtefactStore;
  readonly used: InUse;
  readonly own: GoodConfig;
  readonly dataDir: string;
  readonly node: PromotedNode;
  readonly original: NodePromotion["original"];
}
function wayBackOf({ store, used, dataDir, node }: WatchedParts, kind: "head" | BesideKind): WayBackSetting {
  return {
    kind,
    from: store.active(kind),
    to: store.lastGood(kind),
    configHash: used.config.hash,
    cell: node.cell,
    boot: node.boot,
    wall: node.wall,
    health: node.health,
    append: node.append,
    soon: node.soon,
    rollback: async (note) =>
      node.live ? rollbackOnThread(dataDir, kind, note) : rollbackHere(dataDir, kind, note),
  };
}

function watchHead(parts: WatchedParts): LiveWatch | null {
  const { used, node } = parts;
  if (used.artefacts.head === undefined || used.headBefore === null) return null;
  return createLiveWatch({ ...wayBackOf(parts, "head"), rates: used.rates.head ?? {}, timed: node.live });
}

function watchBeside(parts: WatchedParts, kind: BesideKind): BesideWatch | null {
  const { used, node } = parts;
  if (used.artefacts[kind] === undefined) return null;
  const { riseRateMax, falseStopRateMax } = used.rates[kind] ?? {};
  return createBesideWatch({
    ...wayBackOf(parts, kind),
    kind,
    rates: {
      ...(falseStopRateMax !== undefined && { falseStopRateMax }),
      ...(riseRateMax !== undefined && { throughRateMax: riseRateMax }),
    },
    timed: node.live,
    stage: node.stage,
    blind: (active, detail) => node.health("PROMOTION_WATCH_BLIND", `${kind}: ${detail}`, active),
    restart: (why) => node.restart?.(why),
    open: (fromUs, onLook) => openBeside(parts, kind, fromUs, onLook),
  });
}

/** The cell in use, with the artefact before in the place of the promoted one. */
function openBeside(
  { store, used, own, dataDir, node, original }: WatchedParts,
  kind: BesideKind,
  fromUs: number,
  onLook: Parameters<typeof createShadowFeed>[3],
) {
  const named = readNamedFiles(used.config.deployment, used.beside);
  if (!named.ok) throw new Error(named.error.what);
  const hash = store.lastGood(kind);
  const setting = {
    dataDir,
    candidate: hash,
    live: store.active(kind),
    deployment: deploymentText(used.config.deployment),
    files: Object.fromEntries(named.value),
    file: used.config.file,
    seed: node.seed,
    epoch: node.epoch,
    fromUs: Math.floor(fromUs / TICK_US) * TICK_US,
    hours: null,
    decisions: null,
    stage: node.stage(),
    before: { kind, text: textBefore(store, own, kind, hash) },
  };
  return createShadowFeed(setting, { ...node, original }, node.live, onLook);
}
function textBefore(store: ArtefactStore, own: GoodConfig, kind: BesideKind, hash: string): string | null {
  if (hash === BUILT_IN) return kind === "policy" ? null : JSON.stringify({ [kind]: own.deployment[kind] });
  const read = store.load(hash);
  if (!read.ok) throw new Error(read.error.detail);
  return textOf(read.value.parts);
}
