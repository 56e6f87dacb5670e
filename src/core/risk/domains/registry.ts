import type { RiskDomain } from "./domain.ts";
import { robotFactory } from "./robot-factory.ts";

/** Every domain. A new one is a file and a line here. */
export const RISK_DOMAINS: readonly RiskDomain[] = [robotFactory];
export const domainNamed = (name: string): RiskDomain | undefined =>
  RISK_DOMAINS.find((domain) => domain.name === name);
