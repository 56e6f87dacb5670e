import { atan2 } from "../../core/base/math.ts";
import type { Cell, OpenMotion } from "../../core/cell/index.ts";
import { codeEntry, type Deployment, isOwnCode } from "../../core/domain/index.ts";
import { personsOf, scanPlace, traceTrial } from "../../core/gate/index.ts";
import {
  type Cause,
  type ChannelInfo,
  type Corners,
  cornersInScanner,
  seenPoint,
} from "../../core/reflex/index.ts";
import type { Kinematics } from "../../core/robot/index.ts";
import type { Frame, Hit, PlanPicture, Ring, Scanner, Scene, ZonePicture } from "./scene.ts";

/** Of what a picture is made. */
export interface Pictured {
  readonly deployment: Deployment;
  readonly channels: readonly ChannelInfo[];
  readonly kinematics: Kinematics;
}
type Watched = Pick<Cell, "reflex" | "snapshots" | "pipeline">;

const MILLI = 1_000;
/** two bytes hold this many millimetres */
const MM_MAX = 65_535;
const FAR_M = 60;
const PI_2 = 2 * Math.PI;
const mm = (v: number): number => Math.round(v * MILLI) / MILLI;

/** What never changes while the cell runs. */
export function sceneOf({ deployment, channels, kinematics }: Pictured): Scene {
  const scanners = channels.filter(isScan).map((channel) => scannerOf(channel, deployment));
  return {
    linkRadiiM: kinematics.linkRadiiM.map(mm),
    scanners,
    rangers: channels.filter(isRange).map(({ name }) => name),
    zones: zonesOf(deployment, scanners),
    separations: Object.keys(deployment.rules.separation),
    boxes: Object.entries(deployment.gate.zones).map(([name, { kind, min, max }]) => ({
      name,
      kind,
      min,
      max,
    })),
    personRadiusM: deployment.gate.person.uncertaintyM,
  };
}
const isScan = ({ config }: ChannelInfo): boolean => config.quantity === "scan";
const isRange = ({ config }: ChannelInfo): boolean => config.quantity === "range";

function scannerOf({ name, config }: ChannelInfo, deployment: Deployment): Scanner {
  const { angleMinRad = 0, angleStepRad = 0, max = FAR_M } = config;
  return { name, ...scanPlace(name, deployment), fromRad: angleMinRad, stepRad: angleStepRad, maxM: max };
}

/** Its corners as the scanner sees them; null: a zone by distance. */
function shapeOf(
  own: Deployment["rules"]["zones"][string],
  channels: Deployment["channels"],
): ZonePicture["polygonM"] {
  const config = channels[own.channel]!;
  return cornersInScanner(own, { index: 0, name: own.channel, config }) ?? null;
}

/** Zones, and distances that are kept from a scanner itself. */
function zonesOf({ rules, channels }: Deployment, scanners: readonly Scanner[]): ZonePicture[] {
  const found: ZonePicture[] = [];
  const put = (
    name: string,
    own: {
      readonly channel: string;
      readonly fromRad?: number | undefined;
      readonly toRad?: number | undefined;
    },
    action: ZonePicture["action"],
    withinM: number | null,
    polygonM: ZonePicture["polygonM"] = null,
  ): void => {
    const scanner = scanners.findIndex((s) => s.name === own.channel);
    const from = scanners[scanner]?.fromRad ?? 0;
    found.push({
      name,
      action,
      scanner,
      withinM,
      polygonM,
      fromRad: own.fromRad ?? from,
      toRad: own.toRad ?? (scanner < 0 ? PI_2 : -from),
    });
  };
  for (const [name, own] of Object.entries(rules.zones))
    if (own.monitored) put(name, own, own.action, own.withinM ?? null, shapeOf(own, channels));
  for (const [name, own] of Object.entries(rules.proximity)) {
    if (!own.monitored) continue;
    put(name, own, "stop", own.minM);
    if (own.slowM !== undefined) put(name, own, "slow", own.slowM);
  }
  return found;
}

/** Makes frames of one running cell. Keeps what it drew of an open motion, which does not change. */
export class Camera {
  readonly scene: Scene;
  readonly #of: Pictured;
  readonly #body: Float64Array;
  readonly #plans = new Map<string, { readonly of: OpenMotion; readonly drawn: PlanPicture }>();

  constructor(of: Pictured) {
    this.#of = of;
    this.scene = sceneOf(of);
    this.#body = new Float64Array(3 * of.kinematics.bodyPoints);
  }

  /** `t`: the moment in microseconds of the run; `raysMost`: a scan with more rays is thinned */
  frame(cell: Watched, t: number, raysMost = Number.POSITIVE_INFINITY): Frame {
    const { channels } = this.#of;
    const values = ({ index }: ChannelInfo): Float64Array | null =>
      cell.snapshots.lastAt(index) < 0 ? null : cell.snapshots.lastRow(index);
    return {
      t: t / 1e6,
      arm: this.#arm(cell),
      scans: channels.filter(isScan).map((c) => packed(values(c), raysMost)),
      ranges: channels.filter(isRange).map((c) => {
        const row = values(c);
        return row === null ? null : mm(row[0] ?? 0);
      }),
      rings: this.#rings(cell),
      people: this.#people(cell),
      hits: this.#hits(cell),
      plans: this.#open(cell),
    };
  }

  #arm({ reflex }: Watched): number[] {
    if (reflex.motion.at < 0) return [];
    this.#of.kinematics.body(reflex.motion.position, this.#body);
    return Array.from(this.#body, mm);
  }

  /** margins are measured by whoever makes the status or the replay; here they are only read */
  #rings({ reflex }: Watched): Ring[] {
    return reflex.measured.flatMap((rule) =>
      (rule.margins ?? []).flatMap(({ code, source, value, limit }) =>
        code === "SEPARATION_LOST" && Number.isFinite(value)
          ? [{ rule: source, distanceM: mm(value), neededM: mm(limit) }]
          : [],
      ),
    );
  }

  /** as the gate sees them */
  #people({ snapshots }: Watched): number[] {
    const { channels, deployment } = this.#of;
    const seen = channels
      .filter((c) => isScan(c) && snapshots.lastAt(c.index) >= 0)
      .map((c) => ({ name: c.name, values: snapshots.lastRow(c.index) }));
    return personsOf({ channels: seen }, deployment).flatMap((p) =>
      p.kind === "point" ? [mm(p.xM), mm(p.yM)] : [],
    );
  }

  #hits(cell: Watched): Hit[] {
    return cell.reflex
      .causes()
      .filter(({ active }) => active)
      .flatMap((cause) => this.#hit(cause, cell));
  }
  #hit({ code, source, severity }: Cause, { snapshots }: Watched): Hit[] {
    const { rules } = this.#of.deployment;
    const zone = code.startsWith("ZONE_") ? rules.zones[source] : undefined;
    const near = code.startsWith("PROXIMITY_") ? rules.proximity[source] : undefined;
    const apart = code.startsWith("SEPARATION_") ? rules.separation[source] : undefined;
    const own = zone ?? near ?? apart;
    const channel = this.#of.channels.find((c) => c.name === own?.channel);
    const scanner = this.scene.scanners.find((s) => s.name === own?.channel);
    if (own === undefined || channel === undefined || scanner === undefined) return [];
    const corners: Corners | null = (zone && cornersInScanner(zone, channel)) ?? null;
    const point = seenPoint(channel, own, corners, snapshots.lastRow(channel.index));
    if (point === null) return [];
    const angle = scanner.yawRad + point.angleRad;
    return [
      {
        rule: source,
        code,
        channel: channel.name,
        xM: mm(scanner.xM + point.distanceM * Math.cos(angle)),
        yM: mm(scanner.yM + point.distanceM * Math.sin(angle)),
        distanceM: mm(point.distanceM),
        angleRad: mm(atan2(Math.sin(point.angleRad), Math.cos(point.angleRad))),
        blocks: isOwnCode(code) ? codeEntry(code).severity !== "slow" : severity !== "slow",
      },
    ];
  }

  #open({ pipeline }: Watched): PlanPicture[] {
    const open = pipeline?.view().open ?? [];
    const here = new Set<string>(open.map((o) => o.actionId));
    for (const id of this.#plans.keys()) if (!here.has(id)) this.#plans.delete(id);
    return open.flatMap(({ actionId, motion, state, verdict }) => {
      if (motion === null) return [];
      const kept = this.#plans.get(actionId);
      const same = kept?.of.path === motion.path && kept.of.trials?.seed === motion.trials?.seed;
      const drawn = same ? kept.drawn : this.#plan(actionId, motion);
      this.#plans.set(actionId, { of: motion, drawn });
      return [{ ...drawn, state, verdict }];
    });
  }
  #plan(actionId: string, { path, trials }: OpenMotion): PlanPicture {
    const { kinematics, deployment } = this.#of;
    const tool = new Float64Array(3);
    const way: number[] = [];
    for (let k = 0; k < path.steps; k++) {
      kinematics.tool(path.q.subarray(k * path.joints, (k + 1) * path.joints), tool);
      way.push(...Array.from(tool, mm));
    }
    const ghost = new Float64Array(3 * kinematics.bodyPoints);
    kinematics.body(path.q.subarray((path.steps - 1) * path.joints), ghost);
    const { noise } = deployment.gate.monteCarlo;
    const worst = trials === null ? null : traceTrial(trials.problem, trials.seed, noise, trials.worst);
    return {
      actionId,
      state: "",
      verdict: null,
      way,
      ghost: Array.from(ghost, mm),
      worst:
        worst === null
          ? null
          : { cause: trials!.cause, way: worst.wayM.map(mm), walks: worst.walksM.map(mm) },
    };
  }
}

/** Ranges as two bytes each, in millimetres; a thinned scan keeps the nearest of the rays that it puts together. */
function packed(values: Float64Array | null, raysMost: number): string | null {
  if (values === null) return null;
  const group = Math.max(1, Math.ceil(values.length / raysMost));
  const bytes = Buffer.alloc(2 * Math.ceil(values.length / group));
  for (let i = 0; i < values.length; i += group) {
    let nearest = values[i]!;
    for (let k = i + 1; k < Math.min(values.length, i + group); k++)
      if (values[k]! < nearest) nearest = values[k]!;
    const range = Math.round(nearest * MILLI);
    // written so that NaN is far away
    bytes.writeUInt16LE(range >= 0 && range <= MM_MAX ? range : MM_MAX, (2 * i) / group);
  }
  return bytes.toString("base64");
}

/** The scene for scans that were thinned to so many rays: their steps are wider. */
export function thinnedScene(scene: Scene, rays: readonly number[], raysMost: number): Scene {
  const scanners = scene.scanners.map((scanner, i) => ({
    ...scanner,
    stepRad: scanner.stepRad * Math.max(1, Math.ceil((rays[i] ?? 0) / raysMost)),
  }));
  return { ...scene, scanners };
}
