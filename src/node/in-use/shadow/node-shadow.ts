import { readNamedFiles } from "../../deployment/index.ts";
import type { CellEvent, Effect, Micros, Receipt } from "../../../core/domain/index.ts";
import type { InUse } from "../in-use.ts";
import { deploymentText } from "../section.ts";
import { createShadowFeed, type LiveView, type ShadowFeed, type ShadowStatus } from "./shadow-feed.ts";

export interface ShadowOrder {
  /** hash of an artefact in the node's own store */
  readonly candidate: string;
  readonly hours: number | null;
  readonly decisions: number | null;
  readonly by: string;
  readonly reason: string;
}
export interface ShadowedNode extends LiveView {
  readonly dataDir: string;
  readonly used: InUse;
  readonly seed: number;
  readonly boot: number;
  readonly epoch: number;
  readonly live: boolean;
  now(): Micros;
  append(receipt: Receipt): boolean;
  record(listener: (event: CellEvent) => void): void;
  observe(listener: (effect: Effect, t: Micros) => void): void;
}
/** Beside the live cell one candidate at a time listens; a node has one shadow at most. */
export interface NodeShadow {
  /** words when it cannot be */
  start(order: ShadowOrder): string | null;
  stop(by: string): string | null;
  status(): ShadowStatus | null;
  close(): Promise<void>;
}
const TICK_US = 10_000;

export function createNodeShadow(node: ShadowedNode): NodeShadow {
  const { used, dataDir } = node;
  const named = readNamedFiles(used.config.deployment, used.beside);
  let feed: ShadowFeed | null = null;
  let count = 0;
  let closing: Promise<void> = Promise.resolve();
  node.record((event) => feed?.record(event));
  node.observe((effect, t) => feed?.observe(effect, t));
  const tell = (what: string, candidate: string, by: string, reason: string, details: object): void =>
    void node.append({
      receipt_id: `shadow-${node.boot}-${count++}`,
      at: node.epoch + node.now(),
      cell: used.config.deployment.cell,
      config_hash: used.config.hash,
      body: {
        receipt_type: "config_change",
        what,
        before_hash: used.config.hash,
        after_hash: candidate,
        by,
        reason,
        details: details as Record<string, never>,
      },
    });
  const end = (): void => {
    if (feed !== null) closing = feed.close();
    feed = null;
  };
  return {
    start({ candidate, hours, decisions, by, reason }) {
      const busy = feed?.status.state;
      if (busy === "starting" || busy === "hearing")
        return `${feed!.status.candidate.slice(0, 16)} is listening`;
      if (!named.ok) return named.error.what;
      end();
      const setting = {
        dataDir,
        candidate,
        live: used.artefacts.head ?? "built-in",
        deployment: deploymentText(used.config.deployment),
        files: Object.fromEntries(named.value),
        file: used.config.file,
        seed: node.seed,
        epoch: node.epoch,
        fromUs: Math.floor(node.now() / TICK_US) * TICK_US,
        hours,
        decisions,
        ...(node.stage !== undefined && { stage: node.stage() }),
      };
      try {
        feed = createShadowFeed(setting, node, node.live);
      } catch (cause) {
        return (cause as Error).message;
      }
      tell("shadow.start", candidate, by, reason, { hours, decisions });
      return null;
    },
    stop(by) {
      if (feed === null) return "no candidate is listening";
      tell("shadow.stop", feed.status.candidate, by, "", { ...feed.status });
      end();
      return null;
    },
    status: () => feed?.status ?? null,
    async close() {
      end();
      await closing;
    },
  };
}
