import type { DeviceChannel } from "../src/edge/ports/index.ts";

/** A force/torque channel with symmetric ranges. */
export const wrenchChannel = (forceNewton: number, torqueNewtonMetre: number): DeviceChannel => ({
  name: "wrench",
  quantity: "wrench",
  width: 6,
  unit: "N, Nm",
  limits: [0, 1, 2, 3, 4, 5].map((i) =>
    i < 3 ? [-forceNewton, forceNewton] : [-torqueNewtonMetre, torqueNewtonMetre],
  ),
});
