import type { Result } from "../base/result.ts";
import type { GoodConfig } from "../deployment-files.ts";
import type { Code, Effect, Micros, Receipt } from "../domain/index.ts";
import { adaptProposal } from "../promotion/index.ts";
import type { HeadsCompared } from "../risk-head.ts";
import { type InUse, inUse, openStore, ownInUse, rollbackReceipts } from "./in-use.ts";
import { createLiveWatch, type LiveWatch, rollbackHere, rollbackOnThread } from "./live-watch.ts";

/** The running node as far as promotion sees it. */
export interface PromotedNode {
  readonly cell: string;
  readonly boot: number;
  /** false: simulated time, which knows no latency and waits for no thread */
  readonly live: boolean;
  wall(t: Micros): number;
  health(code: Code, detail: string): void;
  append(receipt: Receipt): boolean;
  /** runs it once the present step is over, at a time that a replay has too */
  soon(act: () => void): void;
  observe(listener: (effect: Effect) => void): void;
}
/** What a node loads in the place of its deployment's own parts, and how it follows what was promoted. */
export interface NodePromotion {
  readonly used: InUse;
  readonly compared: HeadsCompared;
  readonly adapt: ((raw: unknown) => Result<unknown, string>) | undefined;
  /** says what the start found; then watches */
  begin(node: PromotedNode): void;
  readonly watch: LiveWatch | null;
  /** resolves when what was decided is on the disk */
  close(): Promise<void>;
}

/** Verified before anything of it is loaded. A store that cannot be read blocks the cell; the node still runs. */
export function openNodePromotion(own: GoodConfig, dataDir: string, at: number): NodePromotion {
  const store = openStore(dataDir);
  const used = store.ok ? inUse(own, store.value, at) : ownInUse(own, store.error);
  const head = used.artefacts.head;
  let live: LiveWatch | null = null;
  const watched = (node: PromotedNode): LiveWatch | null => {
    if (!store.ok || head === undefined || used.headBefore === null) return null;
    return createLiveWatch({
      kind: "head",
      from: head,
      to: store.value.lastGood("head"),
      rates: store.value.rates("head"),
      configHash: used.config.hash,
      cell: node.cell,
      boot: node.boot,
      timed: node.live,
      wall: node.wall,
      health: node.health,
      append: node.append,
      soon: node.soon,
      rollback: async (note) =>
        node.live ? rollbackOnThread(dataDir, "head", note) : rollbackHere(dataDir, "head", note),
    });
  };
  return {
    used,
    compared: {
      look: (t, now, before, tookUs) => live?.look(t, now, before, tookUs),
      smell: (code, detail) => live?.smell(code, detail),
    },
    adapt: used.policy === null ? undefined : (raw) => adaptProposal(used.policy, raw),
    begin(node) {
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
      live = watched(node);
      if (live !== null) node.observe((effect) => live?.observe(effect));
    },
    get watch() {
      return live;
    },
    close: () => live?.written() ?? Promise.resolve(),
  };
}
