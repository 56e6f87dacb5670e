export { type Dashboard, type DashboardParts, openDashboard } from "./open-dashboard.ts";
