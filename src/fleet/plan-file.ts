import type { Problem } from "../core/base/problem.ts";
import { readFileSync, statSync } from "node:fs";
import { globSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { boundedYaml } from "../edge/files/index.ts";
import { z } from "zod";
import { canonicalBytes } from "../core/base/canonical.ts";
import { dualHash } from "../core/base/hash.ts";
import { err, ok, type Result } from "../core/base/result.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { FLEET_BUNDLE_BYTES_MAX } from "../core/domain/index.ts";
import { nameText } from "../core/domain/deployment/units.ts";
import { fleetSchema } from "../core/domain/deployment/fleet.ts";
import { freeze, manifestHash } from "../core/promotion/index.ts";
import { AUTOMATIONS, makePlan, type OrderSlot, type RolloutPlan } from "../core/rollout/index.ts";
import type { BrokerAccess } from "./broker.ts";
import type { FleetBundle } from "./sign.ts";

const path = z.string().min(1).max(4_096);
const share = z.number().gt(0).max(0.5);
const hexKey = z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits");
const previous = z.string().min(1).max(256).default("built-in");
const access = fleetSchema.pick({
  url: true,
  base: true,
  name: true,
  username: true,
  passwordFile: true,
  tls: true,
});

/** A rollout as a person writes it. Unknown keys are errors; what is left out has the defaults of the plan. */
export const planFileSchema = z.strictObject({
  rollout: nameText.describe("name of this rollout; a second attempt gets a second name"),
  automation: z.enum(AUTOMATIONS),
  fleet: z
    .strictObject({
      ...access.shape,
      keyFile: path.describe("private key of the centre, PEM; `cellgate rollout keys` makes one"),
      cells: z.record(nameText, hexKey).describe("public key of every cell of the plan"),
    })
    .optional(),
  change: z
    .union([
      z.strictObject({ head: path, previous }),
      z.strictObject({ rules: path, previous }),
      z.strictObject({ stage: z.number().int().min(0).max(4), previous: z.number().int().min(0).max(4) }),
    ])
    .optional(),
  archive: z
    .strictObject({
      deployment: path,
      bags: z.array(path).min(1).max(1_000).describe("recordings; * and ** are filled in"),
      out: path.optional().describe("folder for the node's channels of every recording"),
      failOn: z
        .array(z.enum(["block", "kpi", "damage"]))
        .default([])
        .describe("what makes a replay count as failed, besides one that breaks off"),
      jobs: z.number().int().min(1).max(64).default(2),
    })
    .optional(),
  cells: z.array(nameText).optional().describe("in the order in which they are taken; default: all others"),
  baselineCells: z.array(nameText).default([]).describe("keep the old state and are watched beside the new"),
  generation: z.number().int().min(1).default(1),
  pauseAfterStage: z.boolean().default(true),
  judge: z
    .strictObject({
      alpha: share,
      decisionFailureMax: share,
      cellFailureMax: share,
      minDecisions: z.number().int().min(59),
      dwellS: z.number().min(1).max(2_592_000),
      minReached: z.number().min(0.5).max(1),
      latencyToleranceMs: z.number().min(0).max(60_000),
      growthMax: z.number().min(1).max(100),
    })
    .partial()
    .default({}),
  caps: z
    .strictObject({
      itemsPerRun: z.number().int().min(1),
      itemsPerDay: z.number().int().min(1),
      total: z.number().int().min(1),
    })
    .partial()
    .default({}),
});
type PlanFile = z.infer<typeof planFileSchema>;

/** A plan with everything that it needs to run: frozen, so that what starts is what was audited. */
export interface FrozenRollout {
  readonly format: "cellgate-rollout-1";
  readonly plan: RolloutPlan;
  readonly file: string;
  /** the file's own words, for the lines of findings */
  readonly text: string;
  readonly slot: OrderSlot;
  readonly fleet: {
    readonly access: BrokerAccess;
    readonly base: string;
    readonly name: string;
    readonly keyFile: string;
    readonly cells: Readonly<Record<string, string>>;
  } | null;
  readonly bundle: FleetBundle | null;
  readonly archive: NonNullable<PlanFile["archive"]> | null;
  /** over all of the above */
  readonly hash: string;
}
const SEAL_BYTES = 1_024;
const problem = (what: string, remedy: string) => err<Problem>({ what, remedy });
const SLOTS: Readonly<Record<PlanFile["automation"], OrderSlot | null>> = {
  "promote-head": "head",
  "change-limit": "rules",
  "enable-stage": "stage",
  "replay-archive": null,
};

interface ReadFile {
  readonly text: string;
  readonly raw: unknown;
}
function readYaml(file: string): Result<ReadFile, Problem> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    return problem(`${file} cannot be read: ${troubleWith(cause)}`, "check the path");
  }
  const read = boundedYaml(text);
  if (read.ok) return ok({ text, raw: read.raw });
  const { offset, message } = read.faults[0]!;
  const { line, col } = read.lines.linePos(offset);
  return problem(`${file}:${line}:${col}: ${message}`, "correct the file");
}
export type FleetPlace = NonNullable<FrozenRollout["fleet"]>;
/** Only where the fleet is and whose key it has: a kill asks nothing else of a plan. */
export function readFleetPlace(file: string): Result<FleetPlace, Problem> {
  const yaml = readYaml(file);
  if (!yaml.ok) return yaml;
  const read = planFileSchema.shape.fleet.safeParse((yaml.value.raw as { fleet?: unknown } | null)?.fleet);
  if (!read.success || read.data === undefined)
    return problem(
      `${file}: fleet: ${read.error?.issues[0]?.message ?? "is not there"}`,
      "name a plan of a rollout over a fleet",
    );
  return ok(placeOf(read.data, (name) => resolve(dirname(file), name)));
}

export function readPlanFile(file: string): Result<FrozenRollout, Problem> {
  const yaml = readYaml(file);
  if (!yaml.ok) return yaml;
  const { text, raw } = yaml.value;
  const read = planFileSchema.safeParse(raw);
  if (!read.success) {
    const issue = read.error.issues[0]!;
    return problem(
      `${file}: ${issue.path.join(".") || "plan"}: ${issue.message}`,
      "launch/promote-head.rollout.yaml and launch/replay-archive.rollout.yaml are examples",
    );
  }
  return freezePlan(read.data, file, text);
}

function freezePlan(raw: PlanFile, file: string, text: string): Result<FrozenRollout, Problem> {
  const beside = (name: string): string => resolve(dirname(file), name);
  const slot = SLOTS[raw.automation];
  const work = slot === null ? archiveWork(raw, beside) : fleetWork(raw, slot, beside);
  if (!work.ok) return problem(`${file}: ${work.error.what}`, work.error.remedy);
  const { dwellS, ...judge } = raw.judge;
  const plan = makePlan({
    id: raw.rollout,
    automation: raw.automation,
    baselineCells: raw.baselineCells,
    generation: raw.generation,
    pauseAfterStage: raw.pauseAfterStage,
    ...work.value.items,
    judge: { ...given(judge), ...(dwellS !== undefined && { dwellUs: Math.round(dwellS * 1e6) }) },
    caps: given(raw.caps),
  });
  if (!plan.ok) return problem(`${file}: ${plan.error.code}: ${plan.error.detail}`, "correct the plan");
  const frozen = {
    format: "cellgate-rollout-1" as const,
    plan: plan.value,
    file,
    text,
    slot: slot ?? "stage",
    ...work.value.wire,
  };
  return ok({ ...frozen, hash: hashOf(frozen) });
}
const hashOf = (frozen: Omit<FrozenRollout, "hash">): string =>
  dualHash(canonicalBytes(JSON.parse(JSON.stringify(frozen))));
/** Is it still what was frozen? */
export const isUnchanged = ({ hash, ...frozen }: FrozenRollout): boolean => hashOf(frozen) === hash;
/** Without the members that were left out: an undefined one would hide a default. */
const given = <T extends object>(part: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(part).filter(([, v]) => v !== undefined)) as never;

interface Work {
  readonly items: Pick<RolloutPlan, "artefact" | "previous" | "cells">;
  readonly wire: Pick<FrozenRollout, "fleet" | "bundle" | "archive">;
}
function fleetWork(raw: PlanFile, slot: OrderSlot, beside: (name: string) => string): Result<Work, Problem> {
  const { fleet, change } = raw;
  if (fleet === undefined || change === undefined || raw.archive !== undefined)
    return problem(
      `${raw.automation} needs fleet and change`,
      "say which broker and cells, and what changes",
    );
  if (!(slot in change)) return problem(`${raw.automation} changes ${slot}`, `write change: { ${slot}: … }`);
  const keeps = new Set(raw.baselineCells);
  const cells = raw.cells ?? Object.keys(fleet.cells).filter((name) => !keeps.has(name));
  const stranger = [...cells, ...keeps].find((name) => fleet.cells[name] === undefined);
  if (stranger !== undefined)
    return problem(`fleet.cells has no key of ${stranger}`, "add it: the cell prints it when it starts");
  const twin = sameKey(fleet.cells);
  if (twin !== null)
    return problem(
      `fleet.cells: ${twin} have the same key`,
      "every cell makes its own at its first start; a copied disk carries the key along: delete fleet/cell.key there",
    );
  if ("stage" in change && change.stage !== change.previous + 1)
    return problem(
      `change: stage ${change.stage} after ${change.previous}`,
      "a rollout leads one stage on; further ones are rollouts of their own, and back goes each cell with `stage back`",
    );
  const artefact = artefactOf(change, fleet.name, beside);
  if (!artefact.ok) return artefact;
  const { bundle, ...states } = artefact.value;
  return ok({
    items: { ...states, cells },
    wire: { fleet: placeOf(fleet, beside), bundle, archive: null },
  });
}
function placeOf(
  { url, username, passwordFile, tls, base, name, keyFile, cells }: NonNullable<PlanFile["fleet"]>,
  beside: (name: string) => string,
): FleetPlace {
  const files = (own: string | undefined): string | undefined => (own === undefined ? own : beside(own));
  return {
    access: {
      url,
      ...(username !== undefined && { username }),
      ...(passwordFile !== undefined && { passwordFile: beside(passwordFile) }),
      ...(tls !== undefined && {
        tls: {
          caFile: beside(tls.caFile),
          ...given({ certFile: files(tls.certFile), keyFile: files(tls.keyFile) }),
        },
      }),
    },
    base,
    name,
    keyFile: beside(keyFile),
    cells,
  };
}

function sameKey(cells: Readonly<Record<string, string>>): string | null {
  const owner = new Map<string, string>();
  for (const [name, key] of Object.entries(cells)) {
    const before = owner.get(key);
    if (before !== undefined) return `${before} and ${name}`;
    owner.set(key, name);
  }
  return null;
}

function artefactOf(
  change: NonNullable<PlanFile["change"]>,
  fleet: string,
  beside: (name: string) => string,
): Result<{ artefact: string; previous: string; bundle: FleetBundle | null }, Problem> {
  if ("stage" in change)
    return ok({ artefact: `stage:${change.stage}`, previous: `stage:${change.previous}`, bundle: null });
  const kind = "head" in change ? ("head" as const) : ("rules" as const);
  const file = "head" in change ? change.head : change.rules;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(beside(file));
  } catch (cause) {
    return problem(`change.${kind}: ${(cause as Error).message}`, "the path is relative to the plan");
  }
  const part = kind === "head" ? "head.json" : "rules.yaml";
  const frozen = freeze(kind, { [part]: bytes });
  if (!frozen.ok) return problem(`change.${kind}: ${frozen.error.detail}`, "take another file");
  const artefact = manifestHash(frozen.value);
  const parts = { [part]: Buffer.from(bytes).toString("base64") };
  const bundle: FleetBundle = { format: "cellgate-bundle-1", fleet, artefact, kind, parts };
  // sealed it has a signature around it
  if (JSON.stringify(bundle).length + SEAL_BYTES > FLEET_BUNDLE_BYTES_MAX)
    return problem(
      `change.${kind}: ${bytes.length} bytes are too many for an order`,
      `cells take at most ${Math.floor((FLEET_BUNDLE_BYTES_MAX * 3) / 4 / 1_000)} kB; bring it to them another way`,
    );
  return ok({ artefact, previous: change.previous, bundle });
}

function archiveWork(raw: PlanFile, beside: (name: string) => string): Result<Work, Problem> {
  const { archive } = raw;
  if (archive === undefined || raw.fleet !== undefined || raw.change !== undefined)
    return problem(
      "replay-archive needs archive, and nothing of a fleet",
      "say which recordings and deployment",
    );
  const cwd = dirname(beside("x"));
  const bags = [...new Set(archive.bags.flatMap((bag) => globSync(bag, { cwd }).sort()))];
  if (bags.length === 0)
    return problem(
      `archive.bags: nothing found for ${archive.bags.join(", ")}`,
      "the paths are relative to the plan",
    );
  const deployment = beside(archive.deployment);
  const stat = statSync(deployment, { throwIfNoEntry: false });
  if (stat === undefined) return problem(`archive.deployment: ${deployment} is not there`, "check the path");
  const out = archive.out === undefined ? {} : { out: beside(archive.out) };
  return ok({
    items: { artefact: "replayed", previous: "not replayed", cells: bags.map(beside) },
    wire: { fleet: null, bundle: null, archive: { ...archive, deployment, ...out, bags } },
  });
}
