import { canonicalBytes } from "../../core/base/canonical.ts";
import { sha256Hex } from "../../core/base/hash.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import { parseDeployment } from "../deployment/index.ts";
import { besideDeployment, type FilesBeside, type GoodConfig, readNamedFiles } from "../deployment/index.ts";
import type { Deployment, ReceiptBody } from "../../core/domain/index.ts";
import {
  type CandidateKind,
  type Past,
  type PolicyAdapter,
  slotOf,
  type Trouble,
  type WatchedRates,
} from "../../core/promotion/index.ts";
import { deploymentText, policyOf, withSection } from "./section.ts";
import { type Artefact, ArtefactStore, BUILT_IN, type OwnParts, textOf } from "./store.ts";
import { HEAD_FILE, type SidesText } from "./sides.ts";

/** What was found wrong with an artefact at start, and what became of it. */
export interface BootTrouble extends Trouble {
  readonly from: string;
  readonly to: string;
}
/** The cell as it runs: its deployment with every promoted part, each verified, in the place of its own. */
export interface InUse {
  readonly config: GoodConfig;
  readonly beside: FilesBeside;
  readonly policy: PolicyAdapter | null;
  /** text of the head in use and of the one before it */
  readonly head: string | null;
  readonly headBefore: string | null;
  /** artefacts in use, by slot; empty: nothing was promoted */
  readonly artefacts: Readonly<Partial<Record<CandidateKind, string>>>;
  /** what the watch allows each of them, as the receipt of its promotion says */
  readonly rates: Readonly<Partial<Record<CandidateKind, WatchedRates>>>;
  /** rolled back by itself at this start */
  readonly troubles: readonly BootTrouble[];
  /** nothing verified is left to run with: the cell stays blocked */
  readonly blocked: Trouble | null;
}
const SLOTS = ["head", "rules", "gate", "policy"] as const;
type Slot = (typeof SLOTS)[number];

export function openStore(dataDir: string): Result<ArtefactStore, Trouble> {
  try {
    return ok(new ArtefactStore(dataDir));
  } catch (cause) {
    return err({ code: "ARTEFACT_NONE_GOOD", detail: (cause as Error).message });
  }
}

/** What a deployment alone gives: where nothing was promoted, and where nothing promoted can be trusted. */
export function ownInUse(config: GoodConfig, blocked: Trouble | null = null): InUse {
  const beside = besideDeployment(config.file);
  const head = ownHead(config, beside);
  return {
    config,
    beside,
    policy: null,
    head,
    headBefore: null,
    artefacts: {},
    rates: {},
    troubles: [],
    blocked,
  };
}
const ownHead = ({ deployment }: GoodConfig, beside: FilesBeside): string | null => {
  const read = deployment.risk.head === undefined ? null : beside(deployment.risk.head, "risk.head");
  return read?.ok === true ? read.value : null;
};

/** The deployment's own parts by their hash: what is in use where nothing was promoted. */
export function ownPartsOf(own: GoodConfig): OwnParts {
  const { rules, gate } = own.deployment;
  const head = ownHead(own, besideDeployment(own.file));
  const hashOf = (section: object): string =>
    sha256Hex(canonicalBytes(JSON.parse(JSON.stringify(section)) as unknown));
  return {
    rules: hashOf(rules),
    gate: hashOf(gate),
    head: head === null ? "none" : sha256Hex(Buffer.from(head)),
  };
}
/** What is in use is what the node ran with, not what a deployment says that no node has seen; null: the same. */
export function ownChanged(kind: CandidateKind, own: GoodConfig, store: ArtefactStore): string | null {
  const ran = store.ran(kind);
  if (store.active(kind) !== BUILT_IN || ran === null || ran === ownPartsOf(own)[slotOf(kind)]) return null;
  return `the deployment's own ${slotOf(kind)} is not the one that the node last ran with; start the node with it once`;
}

/**
 * Verifies every artefact in use; one that is damaged, or that nobody decided about, is replaced by the last good one,
 * and the store remembers. `past`: what receipts tell; asked only where something was promoted.
 */
export function inUse(own: GoodConfig, store: ArtefactStore, at: number, past: (() => Past) | null): InUse {
  const troubles: BootTrouble[] = [];
  const found: Partial<Record<Slot, Artefact>> = {};
  const rates: Partial<Record<Slot, WatchedRates>> = {};
  let blocked: Trouble | null = null;
  let told: Past | null = null;
  const ask = (): Past | null => (told ??= past?.() ?? null);
  const undecided = (hash: string): string | null => ask()?.undecided(hash) ?? null;
  for (const slot of SLOTS) {
    const closed = store.closeWayBack(slot, undecided);
    if (closed !== null)
      troubles.push({ code: "ROLLBACK_UNDECIDED", detail: closed.why, from: closed.good, to: BUILT_IN });
    const from = store.active(slot);
    const { artefact, trouble } = store.boot(slot, at, undecided);
    if (artefact !== null) {
      found[slot] = artefact;
      const measured = ask()?.rates(artefact.hash) ?? null;
      if (measured !== null) rates[slot] = measured;
    }
    if (trouble?.code.startsWith("ROLLBACK_") === true)
      troubles.push({ ...trouble, from, to: artefact?.hash ?? BUILT_IN });
    else if (trouble !== null) blocked ??= trouble;
  }
  const base = ownInUse(own, blocked);
  if (Object.keys(found).length === 0) return { ...base, troubles };
  try {
    return { ...assembled(base, store, found), rates, troubles, blocked };
  } catch (cause) {
    return { ...base, troubles, blocked: { code: "ARTEFACT_NONE_GOOD", detail: (cause as Error).message } };
  }
}

function assembled(base: InUse, store: ArtefactStore, found: Partial<Record<Slot, Artefact>>): InUse {
  let { deployment } = base.config;
  for (const kind of ["rules", "gate"] as const)
    if (found[kind] !== undefined) deployment = withSection(kind, deployment, textOf(found[kind].parts));
  const head = found.head === undefined ? base.head : textOf(found.head.parts);
  const headBefore = found.head === undefined ? null : before(base, store);
  const heads = new Map<string, string>();
  if (found.head !== undefined) {
    const name = `promoted-${found.head.hash.slice(0, 16)}.json`;
    heads.set(name, head!);
    const fallback = headBefore === null ? {} : { fallback: `before-${found.head.hash.slice(0, 16)}.json` };
    if (headBefore !== null) heads.set(fallback.fallback!, headBefore);
    deployment = { ...deployment, risk: { head: name, ...fallback } };
  }
  return {
    ...base,
    config: reparsed(base.config, deployment),
    beside: (name, key) => {
      const text = heads.get(name);
      return text === undefined ? base.beside(name, key) : ok(text);
    },
    policy: found.policy === undefined ? null : policyOf(textOf(found.policy.parts)),
    head,
    headBefore,
    artefacts: Object.fromEntries(Object.entries(found).map(([slot, artefact]) => [slot, artefact.hash])),
  };
}

function before(base: InUse, store: ArtefactStore): string | null {
  const hash = store.lastGood("head");
  if (hash === BUILT_IN) return base.head;
  const read = store.load(hash);
  return read.ok ? textOf(read.value.parts) : null;
}

/** The same file with other settings: hashed anew, since the hash stands for what is in force. */
function reparsed(own: GoodConfig, deployment: Deployment): GoodConfig {
  const read = parseDeployment(deploymentText(deployment), own.file);
  if (!read.ok) throw new Error(`${read.problems[0]?.key}: ${read.problems[0]?.message}`);
  return read;
}

/** What the ledger is told of rollbacks that this start found necessary. */
export const rollbackReceipts = ({ troubles }: InUse): ReceiptBody[] =>
  troubles.map(({ code, detail, from, to }) => ({
    receipt_type: "rollback",
    from,
    to,
    code,
    reason: detail,
    terms: { by: "cell", when: "start" },
  }));

/** What two sides of a comparison need. `baseline`: text of the artefact compared with, null: the deployment's own. */
export function sidesOf(
  kind: CandidateKind,
  used: InUse,
  own: GoodConfig,
  baseline: string | null,
  candidate: string,
): Result<SidesText, string> {
  // what is compared stands on the deployment's own part: both sides bring theirs
  const { deployment } = used.config;
  const frame: Deployment = {
    ...deployment,
    ...(kind === "rules" && { rules: own.deployment.rules }),
    ...(kind === "gate" && { gate: own.deployment.gate }),
    risk: {},
  };
  const named = readNamedFiles(frame, used.beside);
  if (!named.ok) return err(named.error.what);
  const ownText = kind === "head" || kind === "calibration" ? ownHead(own, besideDeployment(own.file)) : null;
  return ok({
    kind,
    deployment: deploymentText({ ...frame, risk: used.head === null ? {} : { head: HEAD_FILE } }),
    files: Object.fromEntries(named.value),
    head: used.head,
    baseline: baseline ?? ownText,
    candidate,
  });
}
