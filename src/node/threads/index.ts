export { createInlineTrials, trialsHere } from "./inline-trials.ts";
export { createTrialPool, type PoolSetting, type PoolStats, type TrialPool } from "./trial-pool.ts";
