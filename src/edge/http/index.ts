export { type Dashboard, type DashboardParts, openDashboard } from "./open-dashboard.ts";
export type { Elsewhere } from "./messages.ts";
export { PRICE_FILE } from "./price.ts";
