/**
 * What a module needs to be an extension of cellgate. An extension is one file: its default export is what
 * `defineExtension` gives. Besides this face it may import Node's own modules only; other packages are bundled in.
 */
import type { Extension } from "./extension.ts";

export { z } from "zod";
export { Margin, type MarginSetting } from "../../core/reflex/index.ts";
export type { Extension, ExtensionAdapter, ExtensionRule } from "./extension.ts";
export type {
  ChannelConfig,
  CodeEntry,
  Deployment,
  ExtensionCode,
  FaultEvent,
  HealthEvent,
  LatchedCause,
  Micros,
  Proposal,
  Quantity,
  Sample,
} from "../../core/domain/index.ts";
export type {
  FeatureFamily,
  FeatureSetting,
  FeatureSource,
  FeatureSpec,
} from "../../core/features/index.ts";
export type { ChannelInfo, Report, Rule, RuleSetting, Surroundings } from "../../core/reflex/index.ts";
export type { RiskDomain } from "../../core/risk/index.ts";
export type { ActuatorKind } from "../../edge/actuators/index.ts";
export type {
  Actuator,
  CommandSender,
  Device,
  DeviceEmit,
  DeviceSession,
  Door,
  OutMessage,
  Transport,
  TransportContext,
} from "../../edge/ports/index.ts";
export type { TransportKind } from "../../edge/transports/registry.ts";

/** Types an extension while it is written; gives it back as it is. */
export const defineExtension = (extension: Extension): Extension => extension;
