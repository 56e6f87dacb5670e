import { isReflexCode, MAX_SHADOW_DISAGREEMENTS } from "../../../core/domain/index.ts";
import type { Disagreement, ShadowLook, ShadowReport } from "./shadow-words.ts";

const moves = (state: string): boolean => state === "RUNNING" || state === "SLOW";
/** shorter than this is a matter of which of two ticks it was */
const EPISODE_MIN_US = 50_000;
const VERDICTS_OPEN = 256;
const ENERGY_APART = 0.5;
const ENERGY_MERGE_US = 10_000_000;
/** before the shadow has heard every channel for a while it has nothing to say */
const WARM_UP_US = 2_000_000;

/** what came of commands and of the machine is no matter of rules; only the live cell has actuators and a loop */
const NOT_SEEN_BY_RULES: ReadonlySet<string> = new Set(["STOP_NOT_CONFIRMED", "LOOP_LAG", "REACTION_SLOW"]);
const seenByRules = (code: string): boolean => isReflexCode(code) && !NOT_SEEN_BY_RULES.has(code);

type Counts = { -readonly [K in Exclude<keyof ShadowLook, "t" | "stepP99Us">]: number };
const noCounts = (): Counts => ({
  liveMoved: 0,
  liveStops: 0,
  shadowStops: 0,
  alike: 0,
  liveReds: 0,
  shadowReds: 0,
});
type Verdict = { readonly t: number; readonly verdict: string; readonly code: string };

/** Lays both cells side by side. Worst first: what the candidate would let happen weighs most. */
export function createComparison(wall: (t: number) => number) {
  const time_ms = { both_move: 0, both_blocked: 0, only_live_moves: 0, only_shadow_moves: 0 };
  const verdicts = { compared: 0, same: 0, unanswered: 0 };
  const energy = { looks: 0, higher: 0, lower: 0, worst: null as number | null };
  const found: Disagreement[] = [];
  const open = { live: new Map<string, Verdict>(), shadow: new Map<string, Verdict>() };
  let live = { state: "", code: "", share: null as number | null };
  let lastTick = -1;
  let synced = false;
  let episode: { from: number; live: string; shadow: string; code: string; counted: boolean } | null = null;
  let counts = noCounts();
  let energyToldUs = Number.NEGATIVE_INFINITY;
  let decisions = 0;

  const tell = (d: Omit<Disagreement, "at">): void => {
    const whole = { ...d, at: wall(d.t_us) };
    const place = found.findIndex((f) => f.weight < d.weight);
    if (place < 0) found.push(whole);
    else found.splice(place, 0, whole);
    if (found.length > MAX_SHADOW_DISAGREEMENTS) found.pop();
  };
  const endEpisode = (t: number): void => {
    if (episode === null) return;
    const { from, code, live: was, shadow } = episode;
    episode = null;
    if (t - from < EPISODE_MIN_US) return;
    const missed = moves(shadow);
    const seconds = (t - from) / 1e6;
    tell({
      t_us: from,
      kind: missed ? "missed-stop" : "extra-stop",
      weight: missed ? 80 + Math.min(19, seconds) : 40 + Math.min(9, seconds),
      live: was,
      shadow,
      detail: `${code} for ${seconds.toFixed(2)} s`,
    });
  };
  const compare = (id: string, a: Verdict, b: Verdict): void => {
    verdicts.compared++;
    if (a.verdict === "RED" && b.verdict !== "RED") counts.liveReds++;
    else if (b.verdict === "RED" && a.verdict !== "RED") counts.shadowReds++;
    else counts.alike++;
    if (a.verdict === b.verdict) return void verdicts.same++;
    const kind = a.verdict === "RED" ? "let-through" : b.verdict === "RED" ? "refused" : "watched";
    const weight = kind === "let-through" ? 100 : kind === "refused" ? 50 : 20;
    const detail = `${id}: ${a.code} against ${b.code}`;
    tell({ t_us: b.t, kind, weight, live: a.verdict, shadow: b.verdict, detail });
  };
  const verdict = (side: "live" | "shadow", id: string, v: Verdict): void => {
    const other = open[side === "live" ? "shadow" : "live"];
    const twin = other.get(id);
    if (side === "live") decisions++;
    if (twin === undefined) {
      open[side].set(id, v);
      if (open[side].size > VERDICTS_OPEN) {
        open[side].delete(open[side].keys().next().value!);
        verdicts.unanswered++;
      }
      return;
    }
    other.delete(id);
    if (side === "live") compare(id, v, twin);
    else compare(id, twin, v);
  };

  return {
    get live() {
      return live;
    },
    get decisions() {
      return decisions;
    },
    liveState(state: string, code: string): void {
      // what it is told first is where the live cell stands, not something that it decided
      if (state !== live.state && live.state !== "") decisions++;
      live = { ...live, state, code };
    },
    liveVerdict: (id: string, v: Verdict): void => verdict("live", id, v),
    shadowVerdict: (id: string, v: Verdict): void => verdict("shadow", id, v),
    /** V_s of both, as shares of each one's own threshold */
    energies(t: number, of: number | null, own: number | null): void {
      live = { ...live, share: of };
      if (of === null || own === null || t < WARM_UP_US) return;
      const apart = own - of;
      energy.looks++;
      if (apart > 0) energy.higher++;
      if (apart < 0) energy.lower++;
      if (energy.worst === null || Math.abs(apart) > Math.abs(energy.worst)) energy.worst = apart;
      if (Math.abs(apart) < ENERGY_APART || t - energyToldUs < ENERGY_MERGE_US) return;
      energyToldUs = t;
      tell({
        t_us: t,
        kind: "energy",
        weight: Math.min(19, 10 * Math.abs(apart)),
        live: of.toFixed(3),
        shadow: own.toFixed(3),
        detail: "V_s as share of the alarm threshold",
      });
    },
    tick(t: number, state: string, code: string): void {
      const ms = lastTick < 0 ? 0 : (t - lastTick) / 1_000;
      lastTick = t;
      const [a, b] = [moves(live.state), moves(state)];
      // a shadow that starts beside a moving cell is let go first
      if (!synced && t > WARM_UP_US && a === b) synced = true;
      if (!synced) return;
      if (a && b) time_ms.both_move += ms;
      else if (!a && !b) time_ms.both_blocked += ms;
      else if (a) time_ms.only_live_moves += ms;
      else time_ms.only_shadow_moves += ms;
      if (a) counts.liveMoved++;
      if (a === b || (episode !== null && moves(episode.shadow) !== b)) endEpisode(t);
      if (a === b) return;
      episode ??= { from: t, live: live.state, shadow: state, code: b ? live.code : code, counted: false };
      if (episode.counted || t - episode.from < EPISODE_MIN_US) return;
      episode.counted = true;
      if (!seenByRules(episode.code)) return;
      if (b) counts.liveStops++;
      else counts.shadowStops++;
    },
    /** what differed since it was asked last; null: both have not moved together yet */
    takeCounts(): Counts | null {
      const taken = counts;
      counts = noCounts();
      return synced ? taken : null;
    },
    report(t: number): Pick<ShadowReport, "decisions" | "verdicts" | "time_ms" | "energy" | "disagreements"> {
      endEpisode(t);
      const unanswered = verdicts.unanswered + open.live.size + open.shadow.size;
      return {
        decisions,
        verdicts: { ...verdicts, unanswered },
        time_ms: { ...time_ms },
        energy: { ...energy },
        disagreements: [...found],
      };
    },
  };
}
