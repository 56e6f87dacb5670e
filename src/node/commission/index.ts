export type { Doer } from "./bench.ts";
export { commission, type CommissionEnd, type CommissionRequest } from "./commission.ts";
export { commissionSteps, type CommissionStep } from "./steps.ts";
