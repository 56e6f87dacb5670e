import { hypot3 } from "../base/math.ts";
import { perChannel } from "./per-channel.ts";

/** Commanded or measured twist of the tool or base. */
export const toolTwist = perChannel({
  name: "twist",
  needs: "a twist channel",
  quantities: ["twist"],
  specs: () => [
    {
      name: "twist_speed_m_s",
      unit: "m/s",
      windowMs: 0,
      direction: 1,
      meaning: "length of the linear velocity",
    },
    {
      name: "twist_turn_rad_s",
      unit: "rad/s",
      windowMs: 0,
      direction: 1,
      meaning: "length of the angular velocity",
    },
  ],
  track: () => {
    let speed = 0;
    let turn = 0;
    return {
      onSample({ values }) {
        speed = hypot3(values[0] as number, values[1] as number, values[2] as number);
        turn = hypot3(values[3] as number, values[4] as number, values[5] as number);
      },
      write(_t, out, base) {
        out[base] = speed;
        out[base + 1] = turn;
        return true;
      },
    };
  },
});
