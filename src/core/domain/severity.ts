/** How hard a cause pushes. The worst one wins; `max` is commutative, so the order of rules cannot matter. */
export const SEVERITIES = ["none", "warn", "slow", "hold", "stop"] as const;
export type Severity = (typeof SEVERITIES)[number];
export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** How a cause ends. */
export const CLEARS = ["condition", "acknowledge", "restart"] as const;
export type Clears = (typeof CLEARS)[number];

/** What an operator may be allowed to do. */
export const ROLES = ["reset", "resume", "acknowledge", "approve", "kill", "configure"] as const;
export type Role = (typeof ROLES)[number];
