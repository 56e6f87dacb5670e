import { z } from "zod";
import type { Problem } from "../../core/base/problem.ts";
import { err, ok, type Result } from "../../core/base/result.ts";
import {
  type Code,
  codeEntry,
  type Deployment,
  type ExtensionConfig,
  isExtensionCode,
  isJson,
  ROLES,
  SEVERITIES,
} from "../../core/domain/index.ts";
import { FEATURE_FAMILIES, type GuestFamily } from "../../core/features/index.ts";
import type { GuestListed, GuestRule, Guests, RuleFactory } from "../../core/reflex/index.ts";
import { RISK_DOMAINS, type RiskDomain } from "../../core/risk/index.ts";
import type { ActuatorKind } from "../../edge/actuators/index.ts";
import type { Device } from "../../edge/ports/index.ts";
import type { TransportKind } from "../../edge/transports/registry.ts";
import type { Extension, ExtensionAdapter, ExtensionRule } from "./extension.ts";
import { readModuleFile, runModule } from "./module-file.ts";
import { guardedActuator, guardedDevice, guardedTransport } from "./edge-guard.ts";

/** What can stand at the edge of a cell, one list of each kind. */
export interface Registries {
  readonly devices: readonly Device[];
  readonly transports: readonly TransportKind[];
  readonly actuators: readonly ActuatorKind[];
}
/** What judges recordings and trains heads needs no edge, and loads none of it. */
const NO_EDGE: Registries = { devices: [], transports: [], actuators: [] };

/** The registries, and behind ours what a deployment's extensions bring, ready to use and guarded. */
export interface Extensions extends Registries {
  readonly guests: Guests;
  readonly families: readonly GuestFamily[];
  readonly domains: readonly RiskDomain[];
  /** null: none is switched on */
  readonly adapt: ((raw: unknown) => Result<unknown, string>) | null;
}

const NAME = /^[a-z][a-z0-9]{1,23}$/;
const PART_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const refused = (code: Code, detail: string): Result<never, Problem> =>
  err({ what: `${code}: ${detail}`, remedy: codeEntry(code).remedy });

const entrySchema = z.strictObject({
  severity: z.enum(SEVERITIES),
  title: z.string().min(1).max(80),
  meaning: z.string().min(1).max(1_000),
  remedy: z.string().min(1).max(1_000),
  clears: z.enum(["condition", "acknowledge", "restart"]),
  clearedBy: z.enum(ROLES).nullable(),
});
const named = z.looseObject({ name: z.string().regex(PART_NAME) });
const kinded = z.looseObject({ kind: z.string().regex(PART_NAME), create: z.function() });
const extensionShape = z.strictObject({
  name: z.string().regex(NAME),
  codes: z.record(z.string(), entrySchema).default({}),
  rules: z
    .array(named.extend({ build: z.function(), codes: z.array(z.string()).max(64) }))
    .max(32)
    .default([]),
  devices: z
    .array(named.extend({ open: z.function() }))
    .max(32)
    .default([]),
  transports: z.array(kinded).max(32).default([]),
  actuators: z.array(kinded).max(32).default([]),
  features: z
    .array(named.extend({ build: z.function() }))
    .max(32)
    .default([]),
  riskDomains: z.array(named).max(32).default([]),
  adapters: z
    .array(named.extend({ adapt: z.function() }))
    .max(32)
    .default([]),
});

/** Loads what a deployment names; `file`: where it lies. The first thing wrong refuses all of it. */
export function loadExtensions(
  { extensions = [] }: Pick<Deployment, "extensions">,
  file: string,
  ours: Registries = NO_EDGE,
): Result<Extensions, Problem> {
  let all: Extensions = {
    ...ours,
    guests: { codes: {}, rules: [], listed: [] },
    families: [],
    domains: RISK_DOMAINS,
    adapt: null,
  };
  for (const [i, config] of extensions.entries()) {
    const one = loadOne(config, file);
    if (!one.ok) return one;
    const joined = join(all, one.value, config, `extensions.${i}`);
    if (!joined.ok) return joined;
    all = joined.value;
  }
  return ok(all);
}

interface Loaded {
  readonly extension: Required<Extension>;
  readonly listed: GuestListed;
}
function loadOne({ module, sha256 }: ExtensionConfig, deploymentFile: string): Result<Loaded, Problem> {
  const found = readModuleFile(module, deploymentFile);
  if (typeof found === "string") return refused("EXTENSION_UNREADABLE", `${module}: ${found}`);
  if (found.sha256 !== sha256)
    return refused("EXTENSION_HASH", `${module}: ${found.path} has sha256 ${found.sha256}, not ${sha256}`);
  let exported: unknown;
  try {
    exported = runModule(found);
  } catch (cause) {
    return refused("EXTENSION_THREW", `${module} while it was loaded: ${wordsOf(cause)}`);
  }
  const shape = extensionShape.safeParse(exported);
  if (!shape.success) {
    const issue = shape.error.issues[0]!;
    return refused(
      "EXTENSION_INVALID",
      `${module}: ${issue.path.join(".") || "default export"}: ${issue.message}`,
    );
  }
  // the parts themselves, not the copies that the check made of them
  const own = exported as Extension;
  const { name } = own;
  const extension: Required<Extension> = {
    name,
    codes: own.codes ?? {},
    rules: own.rules ?? [],
    devices: own.devices ?? [],
    transports: own.transports ?? [],
    actuators: own.actuators ?? [],
    features: own.features ?? [],
    riskDomains: own.riskDomains ?? [],
    adapters: own.adapters ?? [],
  };
  const worded = (code: string): boolean => Object.hasOwn(extension.codes, code);
  const wordless = extension.rules.flatMap((rule) => rule.codes).find((code) => !worded(code));
  if (wordless !== undefined)
    return refused("EXTENSION_INVALID", `${module}: ${wordless} does not stand in the extension's codes`);
  const prefix = `EXT_${name.toUpperCase()}_`;
  const stray = Object.keys(extension.codes).find(
    (code) => !code.startsWith(prefix) || !isExtensionCode(code),
  );
  if (stray !== undefined)
    return refused("EXTENSION_INVALID", `${module}: code ${stray} does not begin with ${prefix}`);
  return ok({ extension, listed: { name, module, sha256 } });
}

/** Adds one extension to those before it; a name that is taken refuses it. */
function join(
  all: Extensions,
  { extension, listed }: Loaded,
  config: ExtensionConfig,
  place: string,
): Result<Extensions, Problem> {
  const { name } = extension;
  const twice =
    firstTwice(
      "extension",
      all.guests.listed.map((e) => e.name),
      [name],
    ) ??
    firstTwice(
      "device",
      all.devices.map((d) => d.name),
      extension.devices.map((d) => d.name),
    ) ??
    firstTwice(
      "transport",
      ["sim", ...all.transports.map((k) => k.kind)],
      extension.transports.map((k) => k.kind),
    ) ??
    firstTwice(
      "actuator",
      ["sim", ...all.actuators.map((k) => k.kind)],
      extension.actuators.map((k) => k.kind),
    ) ??
    firstTwice(
      "feature",
      [...FEATURE_FAMILIES, ...all.families.map(({ family }) => family)].map((f) => f.name),
      extension.features.map((f) => f.name),
    ) ??
    firstTwice(
      "risk domain",
      all.domains.map((d) => d.name),
      extension.riskDomains.map((d) => d.name),
    ) ??
    firstTwice(
      "code",
      [],
      extension.rules.flatMap((rule) => rule.codes),
    ) ??
    firstTwice(
      "rule",
      [],
      extension.rules.map((r) => r.name),
    ) ??
    firstTwice(
      "adapter",
      [],
      extension.adapters.map((a) => a.name),
    );
  if (twice !== null) return refused("EXTENSION_DUPLICATE", `${config.module}: ${twice}`);
  const rules = rulesOf(extension, config, `${place}.rules`);
  if (!rules.ok) return rules;
  const adapters = adaptersOf(extension, config, `${place}.adapters`);
  if (!adapters.ok) return adapters;
  return ok({
    guests: {
      codes: { ...all.guests.codes, ...extension.codes },
      rules: [...all.guests.rules, ...rules.value],
      listed: [...all.guests.listed, listed],
    },
    families: [...all.families, ...extension.features.map((family) => ({ extension: name, family }))],
    devices: [...all.devices, ...extension.devices.map(guardedDevice)],
    transports: [...all.transports, ...extension.transports.map((kind) => guardedTransport(name, kind))],
    actuators: [...all.actuators, ...extension.actuators.map(guardedActuator)],
    domains: [...all.domains, ...extension.riskDomains],
    adapt: adapters.value.reduce(chained, all.adapt),
  });
}

function firstTwice(what: string, taken: readonly string[], names: readonly string[]): string | null {
  const seen = new Set(taken);
  for (const name of names) {
    if (seen.has(name)) return `${what} "${name}" is named twice`;
    seen.add(name);
  }
  return null;
}

/** The rules that the deployment switches on. Each of their codes belongs to one rule and stands in the table. */
function rulesOf(
  extension: Required<Extension>,
  config: ExtensionConfig,
  place: string,
): Result<readonly GuestRule[], Problem> {
  const made: GuestRule[] = [];
  for (const [name, raw] of Object.entries(config.rules ?? {})) {
    const rule = extension.rules.find((r) => r.name === name);
    if (rule === undefined)
      return refused("EXTENSION_INVALID", `${place}.${name}: ${config.module} brings no such rule`);
    const settings = settingsOf(rule, raw, `${place}.${name}`);
    if (!settings.ok) return settings;
    made.push({ extension: extension.name, factory: factoryOf(rule, settings.value) });
  }
  return ok(made);
}
const factoryOf = (rule: ExtensionRule, settings: unknown): RuleFactory => ({
  name: rule.name,
  build(setting) {
    const built = rule.build(setting, settings);
    const stray = built.flatMap((one) => one.codes).find((code) => !rule.codes.some((own) => own === code));
    if (stray !== undefined) throw new Error(`${stray} is no code of ${rule.name}`);
    return built;
  },
});

type Adapt = NonNullable<Extensions["adapt"]>;
function adaptersOf(
  extension: Required<Extension>,
  config: ExtensionConfig,
  place: string,
): Result<readonly Adapt[], Problem> {
  const made: Adapt[] = [];
  for (const [name, raw] of Object.entries(config.adapters ?? {})) {
    const adapter = extension.adapters.find((a) => a.name === name);
    if (adapter === undefined)
      return refused("EXTENSION_INVALID", `${place}.${name}: ${config.module} brings no such adapter`);
    const settings = settingsOf(adapter, raw, `${place}.${name}`);
    if (!settings.ok) return settings;
    made.push(adaptWith(adapter, settings.value));
  }
  return ok(made);
}
const adaptWith =
  (adapter: ExtensionAdapter, settings: unknown): Adapt =>
  (raw) => {
    try {
      const adapted = adapter.adapt(structuredClone(raw), settings);
      return isJson(adapted) ? ok(structuredClone(adapted)) : err(`${adapter.name} gave no plain JSON`);
    } catch (cause) {
      return err(`${adapter.name}: ${wordsOf(cause)}`);
    }
  };
const chained = (before: Extensions["adapt"], next: Adapt): Adapt =>
  before === null
    ? next
    : (raw) => {
        const first = before(raw);
        return first.ok ? next(first.value) : first;
      };

/** Settings against the schema that the part brings; it may be of another copy of zod. */
function settingsOf(
  part: ExtensionRule | ExtensionAdapter,
  raw: unknown,
  place: string,
): Result<unknown, Problem> {
  try {
    const parsed = part.settings.safeParse(raw);
    if (parsed.success) return ok(parsed.data);
    const issue = parsed.error.issues[0]!;
    return refused("EXTENSION_INVALID", `${[place, ...issue.path].join(".")}: ${issue.message}`);
  } catch (cause) {
    return refused("EXTENSION_THREW", `${place}: ${wordsOf(cause)}`);
  }
}
const wordsOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).slice(0, 1_000);
