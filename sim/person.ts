import type { Triple } from "../src/core/physics/index.ts";
import { blend, blendRate, blendRateRate } from "./quintic.ts";

/** Where a part of a person goes: from rest to rest, one move after the other. */
export interface PersonMove {
  readonly fromUs: number;
  readonly untilUs: number;
  readonly to: Triple;
}
export interface PersonTrack {
  readonly start: Triple;
  readonly moves: readonly PersonMove[];
  /** > 0: the track begins again after this long; its last place must then be `start` */
  readonly repeatUs: number;
}
export interface PersonPlan {
  /** centre line of the body on the floor; z is not used */
  readonly body: PersonTrack;
  /** centre of the hand */
  readonly hand: PersonTrack;
}
/** Far enough that no sensor sees it. */
export const AWAY: Triple = [3.1, 2.6, 0.2];

export const standing = (at: Triple): PersonTrack => ({ start: at, moves: [], repeatUs: 0 });
export const track = (
  start: Triple,
  ...moves: readonly (readonly [fromS: number, untilS: number, to: Triple])[]
): PersonTrack => ({
  start,
  moves: moves.map(([fromS, untilS, to]) => ({
    fromUs: Math.round(fromS * 1e6),
    untilUs: Math.round(untilS * 1e6),
    to,
  })),
  repeatUs: 0,
});

/** Follows a track; position, velocity and acceleration of three axes. */
export interface TrackCursor {
  readonly p: Float64Array;
  readonly v: Float64Array;
  readonly a: Float64Array;
  seek(nowUs: number): void;
}
export function createTrackCursor({ start, moves, repeatUs }: PersonTrack): TrackCursor {
  const p = Float64Array.from(start);
  const v = new Float64Array(3);
  const a = new Float64Array(3);
  const from = [start, ...moves.map((move) => move.to)];
  let at = 0;
  const rest = (place: Triple): void => {
    for (let k = 0; k < 3; k++) {
      p[k] = place[k]!;
      v[k] = 0;
      a[k] = 0;
    }
  };
  return {
    p,
    v,
    a,
    seek(nowUs) {
      const t = repeatUs > 0 ? nowUs % repeatUs : nowUs;
      if (at > 0 && t < moves[at - 1]!.untilUs) at = 0;
      while (at < moves.length && t >= moves[at]!.untilUs) at++;
      const move = moves[at];
      if (move === undefined || t < move.fromUs) return rest(from[at]!);
      const lengthS = (move.untilUs - move.fromUs) / 1e6;
      const u = (t - move.fromUs) / (move.untilUs - move.fromUs);
      const b = blend(u);
      const rate = blendRate(u) / lengthS;
      const rateRate = blendRateRate(u) / (lengthS * lengthS);
      for (let k = 0; k < 3; k++) {
        const way = move.to[k]! - from[at]![k]!;
        p[k] = from[at]![k]! + way * b;
        v[k] = way * rate;
        a[k] = way * rateRate;
      }
    },
  };
}
