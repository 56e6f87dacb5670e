/** What a stage of the deployment sequence switches on. */
export interface Features {
  readonly FEATURE_GATE_ENABLED: boolean;
  readonly FEATURE_GATE_YELLOW_ONLY: boolean;
  readonly FEATURE_MONTE_CARLO_ENABLED: boolean;
  readonly FEATURE_WOUND_DETECTION_ENABLED: boolean;
  readonly FEATURE_AUTO_SPAWN_ENABLED: boolean;
}
const OFF: Features = {
  FEATURE_GATE_ENABLED: false,
  FEATURE_GATE_YELLOW_ONLY: false,
  FEATURE_MONTE_CARLO_ENABLED: false,
  FEATURE_WOUND_DETECTION_ENABLED: false,
  FEATURE_AUTO_SPAWN_ENABLED: false,
};
const FULL_GATE: Features = { ...OFF, FEATURE_GATE_ENABLED: true };
const MONTE_CARLO: Features = {
  ...FULL_GATE,
  FEATURE_MONTE_CARLO_ENABLED: true,
  FEATURE_WOUND_DETECTION_ENABLED: true,
};

/**
 * 0 shadow: everything is judged and written, nothing is let through.
 * 1 YELLOW only: what is not RED runs, always under watch; a RED is final.
 * 2 full gate: a RED may be approved by a person.
 * 3 Monte Carlo: GREEN becomes possible; a verdict without trials is RED.
 * 4 auto-spawn: helpers start by themselves.
 */
export const STAGES: readonly Features[] = [
  OFF,
  { ...FULL_GATE, FEATURE_GATE_YELLOW_ONLY: true },
  FULL_GATE,
  MONTE_CARLO,
  { ...MONTE_CARLO, FEATURE_AUTO_SPAWN_ENABLED: true },
];
export const STAGE_LAST = STAGES.length - 1;
