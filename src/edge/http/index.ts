export {
  type Dashboard,
  type DashboardParts,
  type DashboardProblem,
  openDashboard,
} from "./open-dashboard.ts";
