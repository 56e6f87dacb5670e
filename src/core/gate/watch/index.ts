export { createLoopDetector, type LoopDetector, type LoopFinding } from "./convergence.ts";
export { createHelperBudget, type HelperBudget, helpersFor } from "./helper-budget.ts";
export {
  createMotionFollower,
  type FollowLimits,
  type MotionFollower,
  type MotionSeen,
} from "./motion-follower.ts";
export { createWatcher, type Watched, type Watcher, type WatchLimits } from "./watcher.ts";
export { createWoundTracker, type Wound, type WoundTracker } from "./wound.ts";
