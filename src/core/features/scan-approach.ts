import { distanceFamily } from "./distance-family.ts";

const AHEAD_S = 0.3;

/** What a scanner sees coming towards itself, when nobody has said where in the cell it stands. */
export const scanApproach = distanceFamily({
  name: "scan",
  needs: "a scan channel without rules.separation.mount",
  fromRobot: false,
  needsJoints: false,
  specs: [
    { name: "scan_nearest_m", unit: "m", windowMs: 0, direction: -1, meaning: "shortest ray" },
    {
      name: "scan_closing_m_s",
      unit: "m/s",
      windowMs: 150,
      direction: 1,
      meaning: "speed at which it shortens",
    },
    {
      name: "scan_ahead_m",
      unit: "m",
      windowMs: 150,
      direction: -1,
      meaning: `shortest ray in ${AHEAD_S} s if that speed lasts`,
    },
  ],
  prepare: () => (track, _joints, out, at) => {
    const closing = track.closingMPerS();
    out[at] = track.distanceM;
    out[at + 1] = closing;
    out[at + 2] = track.distanceM - AHEAD_S * Math.max(0, closing);
  },
});
