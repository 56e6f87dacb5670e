import { type Code, msToMicros, type RulesConfig } from "../domain/index.ts";
import { channelNamed } from "./channel-named.ts";
import { createDistanceReading, raysOf } from "./distance-reading.ts";
import { Margin } from "./margin.ts";
import { polygonDistance } from "./polygon-distance.ts";
import { RayDirections } from "./ray-directions.ts";
import type { ChannelInfo, Rule, RuleFactory } from "./rule.ts";
import { type Corners, isInside, pointWords, seenPoint } from "./seen-point.ts";
import { Trip } from "./trip.ts";
import { cornersInScanner } from "./zone-shape.ts";

type Setting = RulesConfig["zones"][string];
const CODE_OF = {
  slow: "ZONE_SLOW",
  hold: "ZONE_HOLD",
  stop: "ZONE_STOP",
  limit: "VELOCITY_LIMITED",
} as const satisfies Record<Exclude<Setting["action"], "approach">, Code>;

/** Zones around a range sensor or a scanner, by distance or by polygon. */
export const zones: RuleFactory = {
  name: "zones",
  build: ({ deployment, channels }) =>
    Object.entries(deployment.rules.zones)
      .filter(([, own]) => own.monitored)
      .flatMap(([name, own]) =>
        // what an approach allows depends on the velocity that is asked for: the velocity filter judges it
        own.action === "approach"
          ? []
          : [zoneRule(name, own, CODE_OF[own.action], channelNamed(channels, own.channel))],
      ),
};

/** How a zone looks at a reading: occupied, clearly free, or in between. */
type Look = (values: Float64Array) => "occupied" | "edge" | "free";

function zoneRule(name: string, own: Setting, code: Code, channel: ChannelInfo): Rule {
  const corners = cornersInScanner(own, channel);
  const look = corners === undefined ? byDistance(own, channel) : byPolygon(own, channel, corners);
  const measure =
    corners === undefined ? createDistanceReading(channel, own) : polygonDistance(corners, channel, own);
  const limit = corners === undefined ? own.withinM! : 0;
  const margin = new Margin({
    code,
    source: name,
    channel: channel.name,
    unit: "m",
    above: false,
    limit,
    // inside a polygon no reading says how near a person came
    ...(corners === undefined && { harm: 0 }),
  });
  const trip = new Trip(msToMicros(own.releaseMs));
  return {
    name: `zone ${name}`,
    codes: ["ZONE_SLOW", "ZONE_HOLD", "ZONE_STOP", "VELOCITY_LIMITED"],
    listens: [channel.index],
    takesDoubtful: true,
    margins: [margin],
    measure: ({ values }) => margin.see(measure(values)),
    onSample(sample, around, report) {
      const seen = look(sample.values);
      if (seen === "occupied") {
        if (trip.trip()) report.raise(code, name, whereWords(own, corners, channel, sample.values));
      } else if (around.doubtful) return;
      else if (seen === "edge") trip.linger();
      else if (trip.release(sample.t)) report.clear(code, name);
    },
  };
}

/** Where the zone was entered: whoever reads it can go and look. */
function whereWords(
  own: Setting,
  corners: Corners | undefined,
  channel: ChannelInfo,
  values: Float64Array,
): string {
  const point = seenPoint(channel, own, corners ?? null, values);
  return `seen by ${channel.name}${point === null ? "" : `, ${pointWords(point, channel)}`}`;
}

function byDistance(own: Setting, channel: ChannelInfo): Look {
  const read = createDistanceReading(channel, own);
  const within = own.withinM!;
  return (values) => {
    const distance = read(values);
    return distance < within ? "occupied" : distance < within + own.hysteresisM ? "edge" : "free";
  };
}

function byPolygon(own: Setting, channel: ChannelInfo, corners: Corners): Look {
  const { first, last } = raysOf(channel, own);
  const rays = new RayDirections(channel);
  const count = (values: Float64Array, nearerByM: number): number => {
    let inside = 0;
    const end = Math.min(last, values.length - 1);
    for (let i = first; i <= end; i++) {
      const r = Math.max(0, values[i]! - nearerByM);
      if (isInside(corners, r * rays.x(i), r * rays.y(i)) && ++inside >= own.minRays) return inside;
    }
    return inside;
  };
  return (values) => {
    if (Math.min(last, values.length - 1) - first + 1 < own.minRays) return "occupied";
    rays.reach(values.length);
    if (count(values, 0) >= own.minRays) return "occupied";
    // a ray that would be inside if it were a little shorter is not clearly outside
    return count(values, own.hysteresisM) >= own.minRays ? "edge" : "free";
  };
}
