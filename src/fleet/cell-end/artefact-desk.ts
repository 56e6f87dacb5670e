import { err, ok, type Result } from "../../core/base/result.ts";
import { parseDeployment } from "../../node/deployment/index.ts";
import { type FilesBeside, type GoodConfig, readDeploymentParts } from "../../node/deployment/index.ts";
import type { Code, Deployment, FleetConfig, ReceiptBody } from "../../core/domain/index.ts";
import { type ArtefactStore, inUse, type Note, withSection } from "../../node/in-use/index.ts";
import { BY_FLEET_ORDER, freeze, type Parts } from "../../core/promotion/index.ts";
import type { FleetOrder } from "../../core/rollout/index.ts";
import { forbiddenChange } from "./rule-changes.ts";
import type { FleetBundle } from "../sign.ts";

export interface Trouble {
  readonly code: Code;
  readonly detail: string;
}
export interface ArtefactDesk {
  /** verified, loadable, within the cell's bounds, and in use at the next start; null: done */
  apply(order: FleetOrder, bring: (artefact: string) => Promise<FleetBundle | null>): Promise<Trouble | null>;
  /** back to what the order names; needs no network. False: it was in use already */
  rollback(order: FleetOrder): Result<boolean, Trouble>;
}
export interface ArtefactDeskSetting {
  openStore(): ArtefactStore;
  /** the deployment file alone */
  readonly own: GoodConfig;
  readonly fleet: FleetConfig;
  now(): number;
  receipt(body: ReceiptBody): void;
  /** resolves when every receipt so far is on the disk */
  stored(): Promise<void>;
}
type Kind = "head" | "rules";
const trouble = (code: Code, detail: string): Trouble => ({ code, detail });
const failed = (detail: string): Trouble => trouble("ORDER_APPLY_FAILED", detail);

/** Heads and rules reach a cell through the artefact store, as if they had been promoted here. */
export function createArtefactDesk({
  openStore,
  own,
  fleet,
  now,
  receipt,
  stored,
}: ArtefactDeskSetting): ArtefactDesk {
  const noteOf = (order: FleetOrder): Note => ({
    code: "ORDER_ACCEPTED",
    detail: orderedBy(order),
    by: `fleet:${order.plan}`,
    at: now(),
  });
  const changed = (order: FleetOrder, before: string): void =>
    receipt({
      receipt_type: "config_change",
      what: `${order.slot}${BY_FLEET_ORDER}`,
      before_hash: before,
      after_hash: order.artefact,
      by: `fleet:${order.plan}`,
      reason: `${order.do} of rollout ${order.plan}, order ${order.seq}`,
      details: { outcome: "loaded at the next start, which follows at once", order: order.seq },
    });
  return {
    async apply(order, bring) {
      const bundle = openStore().load(order.artefact).ok ? null : await bring(order.artefact);
      const store = openStore();
      const kind = order.slot as Kind;
      const before = store.active(kind);
      if (before === order.artefact) return null;
      const refused = store.refusedBefore(order.artefact);
      if (refused !== null && !isNewDecision(refused, order))
        return failed(`refused here before: ${refused}`);
      const here = store.load(order.artefact);
      const got = here.ok ? ok(here.value.parts) : keep(store, order, bundle);
      if (!got.ok) return got.error;
      const wrong = wrongWith(kind, textOf(got.value), inUse(own, store, now(), null), fleet);
      if (wrong !== null) return wrong;
      if (refused !== null) store.forgive(kind, order.artefact, noteOf(order));
      // a start takes nothing into use that no receipt speaks of
      changed(order, before);
      await stored();
      const done = store.promote(order.artefact, noteOf(order));
      return done.ok ? null : done.error;
    },
    rollback(order) {
      const store = openStore();
      const kind = order.slot as Kind;
      const from = store.active(kind);
      if (from === order.artefact) return ok(false);
      const back = store.rollback(kind, noteOf(order), order.artefact);
      if (!back.ok) return err(back.error);
      receipt({
        receipt_type: "rollback",
        from,
        to: order.artefact,
        code: "ORDER_ACCEPTED",
        reason: `ordered by rollout ${order.plan}`,
        terms: { slot: order.slot, order: order.seq },
      });
      return ok(true);
    },
  };
}

const orderedBy = ({ plan, do: what }: Pick<FleetOrder, "plan" | "do">): string =>
  `${what} ordered by rollout ${plan}`;
/**
 * What an earlier rollout took back, another one may bring: a person has planned it anew, with a name and a
 * reason. What this cell itself refused or went back from stays refused, whoever orders it.
 */
const isNewDecision = (refused: string, order: FleetOrder): boolean =>
  refused.startsWith("ORDER_ACCEPTED: rollback ordered by rollout ") &&
  refused !== `ORDER_ACCEPTED: ${orderedBy({ ...order, do: "rollback" })}`;

const textOf = (parts: Parts): string => Buffer.from(parts[Object.keys(parts).sort()[0]!]!).toString("utf8");

function keep(store: ArtefactStore, order: FleetOrder, bundle: FleetBundle | null): Result<Parts, Trouble> {
  if (bundle === null) return err(failed("the artefact did not come"));
  if (bundle.kind !== order.slot) return err(failed(`a ${bundle.kind} came for the slot ${order.slot}`));
  const parts = Object.fromEntries(
    Object.entries(bundle.parts).map(([name, text]) => [name, new Uint8Array(Buffer.from(text, "base64"))]),
  );
  const frozen = freeze(bundle.kind, parts);
  if (!frozen.ok) return frozen;
  const kept = store.keep(frozen.value, parts);
  if (!kept.ok) return kept;
  return kept.value === order.artefact
    ? ok(parts)
    : err(trouble("PROMOTION_TAMPERED", "what came does not have the hash that was ordered"));
}

/** Would the cell start with it, and does its own deployment allow it? Asked before anything is in use. */
function wrongWith(
  kind: Kind,
  text: string,
  used: { readonly config: GoodConfig; readonly beside: FilesBeside },
  fleet: FleetConfig,
): Trouble | null {
  try {
    return kind === "head" ? wrongHead(text, used) : wrongRules(text, used, fleet);
  } catch (cause) {
    return failed((cause as Error).message);
  }
}
const CANDIDATE = "ordered-head.json";
function wrongHead(text: string, { config, beside }: Parameters<typeof wrongWith>[2]): Trouble | null {
  const deployment: Deployment = {
    ...config.deployment,
    risk: { ...config.deployment.risk, head: CANDIDATE },
  };
  const parts = readDeploymentParts({ ...config, deployment }, 1, (name, key) =>
    name === CANDIDATE ? ok(text) : beside(name, key),
  );
  return parts.ok ? null : failed(parts.error.what);
}
function wrongRules(
  text: string,
  { config, beside }: Parameters<typeof wrongWith>[2],
  fleet: FleetConfig,
): Trouble | null {
  const next = withSection("rules", config.deployment, text);
  const forbidden = forbiddenChange(config.deployment.rules, next.rules, fleet.mayChange);
  if (forbidden !== null) return trouble("ORDER_NOT_ALLOWED", forbidden);
  const read = parseDeployment(JSON.stringify(next), config.file);
  if (!read.ok) return failed(`${read.problems[0]?.key}: ${read.problems[0]?.message}`);
  const parts = readDeploymentParts(read, 1, beside);
  return parts.ok ? null : failed(parts.error.what);
}
