export { importCollisionMonitor, type Imported } from "./nav2-collision-monitor.ts";
export { cornersOf } from "./nav2-values.ts";
