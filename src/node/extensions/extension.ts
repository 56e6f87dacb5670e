import type { z } from "zod";
import type { CodeEntry, ExtensionCode } from "../../core/domain/index.ts";
import type { FeatureFamily } from "../../core/features/index.ts";
import type { Rule, RuleSetting } from "../../core/reflex/index.ts";
import type { RiskDomain } from "../../core/risk/index.ts";
import type { ActuatorKind } from "../../edge/actuators/index.ts";
import type { Device } from "../../edge/ports/index.ts";
import type { TransportKind } from "../../edge/transports/registry.ts";

/** A rule of the reflex that an extension brings. It is pure: no clock, no I/O, nothing asynchronous. */
export interface ExtensionRule {
  /** as deployments switch it on: `extensions[].rules.<name>` */
  readonly name: string;
  readonly purpose: string;
  /** codes that it may raise and clear, each of them this rule's alone */
  readonly codes: readonly ExtensionCode[];
  /** what its section of the deployment may say */
  readonly settings: z.ZodType;
  /** `settings` has passed the schema above. One rule per configured instance, none where the cell lacks what it needs. */
  build(setting: RuleSetting, settings: unknown): readonly Rule[];
}

/** Turns what a proposer says into an action, before it is judged. */
export interface ExtensionAdapter {
  /** as deployments switch it on: `extensions[].adapters.<name>` */
  readonly name: string;
  readonly purpose: string;
  readonly settings: z.ZodType;
  /** Gives the proposal as plain JSON data, unchanged where it is not meant for this adapter. */
  adapt(raw: unknown, settings: unknown): unknown;
}

/** Everything that one module may bring. Every list may be left out. */
export interface Extension {
  /** lower-case letters and digits; its codes begin with EXT_<NAME>_ */
  readonly name: string;
  /** codes of its rules, with severity and words */
  readonly codes?: Readonly<Record<ExtensionCode, CodeEntry>>;
  readonly rules?: readonly ExtensionRule[];
  readonly devices?: readonly Device[];
  readonly transports?: readonly TransportKind[];
  readonly actuators?: readonly ActuatorKind[];
  readonly features?: readonly FeatureFamily[];
  readonly riskDomains?: readonly RiskDomain[];
  readonly adapters?: readonly ExtensionAdapter[];
}
