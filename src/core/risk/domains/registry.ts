import type { RiskDomain, RiskEvent } from "./domain.ts";
import { robotFactory } from "./robot-factory.ts";

/** Every domain. A new one is a file and a line here. */
export const RISK_DOMAINS: readonly RiskDomain[] = [robotFactory];
export const domainNamed = (name: string): RiskDomain | undefined =>
  RISK_DOMAINS.find((domain) => domain.name === name);

/** Names of the events that a running cell tells of, by their codes; what runs is a robot cell, whoever trained its head. */
export const eventsByCode = (domain: string): ReadonlyMap<string, string> =>
  new Map(
    (domainNamed(domain) ?? robotFactory).events.flatMap(({ name, codes = [] }) =>
      codes.map((code) => [code, name] as const),
    ),
  );
/** What is counted in a cell whose head is of this domain. */
export const metricsOfDomain = (domain: string): readonly RiskEvent[] =>
  (domainNamed(domain) ?? robotFactory).metrics ?? [];
