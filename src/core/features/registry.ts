import { contactImpulse } from "./contact-impulse.ts";
import { decisionSpread } from "./decision-spread.ts";
import type { FeatureFamily } from "./feature.ts";
import { forceBand } from "./force-band.ts";
import { forceLevel } from "./force-level.ts";
import { forceRate } from "./force-rate.ts";
import { forceSpread } from "./force-spread.ts";
import { hiddenProjection } from "./hidden-projection.ts";
import { jointCurrents } from "./joint-currents.ts";
import { jointEach } from "./joint-each.ts";
import { jointEffort } from "./joint-effort.ts";
import { jointErrors } from "./joint-errors.ts";
import { jointMotion } from "./joint-motion.ts";
import { jointResidual } from "./joint-residual.ts";
import { planGraph } from "./plan-graph.ts";
import { programTokens } from "./program-tokens.ts";
import { proximity } from "./proximity.ts";
import { scalarLevel } from "./scalar-level.ts";
import { scanApproach } from "./scan-approach.ts";
import { separationMargin } from "./separation-margin.ts";
import { sourceHealth } from "./source-health.ts";
import { stopState } from "./stop-state.ts";
import { toolTwist } from "./tool-twist.ts";
import { wrenchSaturation } from "./wrench-saturation.ts";
import { zoneOccupancy } from "./zone-occupancy.ts";

/** Every family, in the order of a frame. A new one is a file and a line here. */
export const FEATURE_FAMILIES: readonly FeatureFamily[] = [
  forceLevel,
  forceRate,
  forceBand,
  forceSpread,
  contactImpulse,
  wrenchSaturation,
  proximity,
  separationMargin,
  scanApproach,
  zoneOccupancy,
  jointMotion,
  jointEffort,
  jointResidual,
  jointEach,
  jointCurrents,
  jointErrors,
  toolTwist,
  stopState,
  sourceHealth,
  scalarLevel,
  planGraph,
  programTokens,
  decisionSpread,
  hiddenProjection,
];
