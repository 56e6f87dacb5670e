import { distanceFamily } from "./distance-family.ts";

/** longer than this is "no contact in sight" */
const HORIZON_S = 10;
const AHEAD_S = 0.3;
const STILL_M_PER_S = 0.01;

/** How near, how fast nearer, how long until contact. */
export const proximity = distanceFamily({
  name: "proximity",
  needs: "a range channel, or a scan channel with rules.separation.mount",
  fromRobot: true,
  needsJoints: false,
  specs: [
    {
      name: "distance_m",
      unit: "m",
      windowMs: 0,
      direction: -1,
      meaning: "distance of the nearest obstacle from the robot",
    },
    {
      name: "closing_speed_m_s",
      unit: "m/s",
      windowMs: 150,
      direction: 1,
      meaning: "speed at which that distance shrinks",
    },
    {
      name: "time_to_contact_s",
      unit: "s",
      windowMs: 150,
      direction: -1,
      meaning: `distance divided by closing speed, at most ${HORIZON_S} s`,
    },
    {
      name: "distance_ahead_m",
      unit: "m",
      windowMs: 150,
      direction: -1,
      meaning: `distance in ${AHEAD_S} s if the closing speed lasts`,
    },
  ],
  prepare: () => (track, _joints, out, at) => {
    const closing = track.closingMPerS();
    out[at] = track.distanceM;
    out[at + 1] = closing;
    out[at + 2] =
      closing < STILL_M_PER_S ? HORIZON_S : Math.min(HORIZON_S, Math.max(0, track.distanceM) / closing);
    out[at + 3] = track.distanceM - AHEAD_S * Math.max(0, closing);
  },
});
