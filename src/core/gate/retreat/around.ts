import { type Deployment, msToMicros } from "../../domain/index.ts";
import { rayEnd, scanPlace, seesPeople } from "../persons.ts";
import type { Sight } from "../sight.ts";

/** Everybody and everything that a retreat must not come nearer to. */
export interface Around {
  /** x and y of each place that a scan met, in the cell's frame: every ray, so that nobody hides behind a nearer one */
  readonly places: Float64Array;
  /** nearest distance without a direction; Infinity without one */
  readonly blindM: number;
  /** a channel that should see people and has nothing fresh to say; null: none */
  readonly missing: string | null;
}

export function lookAround(sight: Sight, deployment: Deployment): Around {
  const { channels, gate } = deployment;
  const places: number[] = [];
  let blindM = Number.POSITIVE_INFINITY;
  let missing: string | null = null;
  for (const [name, config] of Object.entries(channels)) {
    const sees = config.quantity === "range" || config.quantity === "scan";
    if (!sees || !config.monitored || !seesPeople(name, gate)) continue;
    const reading = sight.channels.find((c) => c.name === name);
    if (reading === undefined || sight.t - reading.t > msToMicros(config.maxAgeMs)) {
      missing ??= name;
      continue;
    }
    if (config.quantity === "range") blindM = Math.min(blindM, reading.values[0] ?? 0);
    else {
      const place = scanPlace(name, deployment);
      reading.values.forEach((distance, ray) => {
        const end = rayEnd(ray, distance, config, place);
        if (end !== null) places.push(end.xM, end.yM);
      });
    }
  }
  return { places: Float64Array.from(places), blindM, missing };
}
