import { readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { troubleWith } from "../core/base/trouble-with.ts";
import { cornersOf, importCollisionMonitor } from "../lab/imports/index.ts";
import { command, EXIT, UserError } from "./command.ts";
import { kinds, optional, several } from "./options/index.ts";

const DEGREE = Math.PI / 180;

export const importNav2Command = command({
  words: ["import", "nav2-collision-monitor"],
  summary: "make a deployment from the parameters of nav2_collision_monitor",
  takes: "<params.yaml>",
  example: "cellgate import nav2-collision-monitor nav2_params.yaml --mount scan=0.2,0,0 --out base.yaml",
  options: {
    mount: several(
      kinds.text,
      "where a scanner stands on the base: its name in the file, metres and degrees",
      {
        as: "NAME=X,Y,YAW",
      },
    ),
    footprint: optional(kinds.text, "the robot's outline, where the file takes it from a topic", {
      as: '"[[x, y], …]"',
    }),
    "first-angle": optional(kinds.text, "angle_min of the scanners in degrees; -180 when absent", {
      as: "DEGREES",
    }),
    "angle-step": optional(kinds.text, "angle_increment of the scanners in degrees; 1 when absent", {
      as: "DEGREES",
    }),
    out: optional(kinds.file, "file to write; the deployment is printed when absent"),
  },
  async run({ positionals, values }, io) {
    const [file] = positionals;
    if (file === undefined)
      throw new UserError("no parameters file given", "name the params.yaml of the monitor");
    const imported = importCollisionMonitor(textOf(resolve(io.cwd, file)), {
      from: basename(file),
      mounts: mountsOf(values.mount),
      footprint: footprintOf(values.footprint),
      angleMinRad: degrees(values["first-angle"], "--first-angle") ?? -Math.PI,
      angleStepRad: degrees(values["angle-step"], "--angle-step") ?? DEGREE,
    });
    if (!imported.ok) throw new UserError(imported.error, "see docs/guides/nav2-base.md");
    const { text, differs, lost } = imported.value;
    if (values.out === undefined) io.out(text);
    else writeFileSync(resolve(io.cwd, values.out), text);
    for (const words of differs) io.err(`differs: ${words}`);
    if (values["first-angle"] === undefined || values["angle-step"] === undefined)
      io.err(
        "check: angleMinRad and angleStepRad of each scan; a scan with another fan is refused by the node",
      );
    for (const words of lost) io.err(`NOT CARRIED OVER: ${words}`);
    return lost.length === 0 ? EXIT.ok : EXIT.found;
  },
});

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UserError(
      `${file} cannot be read: ${troubleWith(cause)}`,
      "name the params.yaml of the monitor",
    );
  }
}
function degrees(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new UserError(`${option} ${text} is no number`, "give degrees, for example -135");
  return value * DEGREE;
}
function mountsOf(texts: readonly string[]): Record<string, readonly [number, number, number]> {
  const mounts: Record<string, readonly [number, number, number]> = Object.create(null);
  for (const one of texts) {
    const [name, place] = one.split("=");
    const numbers = (place ?? "").split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (name === undefined || numbers.length !== 3 || !numbers.every(Number.isFinite))
      throw new UserError(`--mount ${one} cannot be read`, "write it like scan=0.2,0,90");
    mounts[name.trim()] = [numbers[0]!, numbers[1]!, numbers[2]! * DEGREE];
  }
  return mounts;
}
function footprintOf(text: string | undefined): ReturnType<typeof cornersOf> {
  if (text === undefined) return null;
  const corners = cornersOf(text);
  if (corners === null)
    throw new UserError(
      `--footprint ${text} cannot be read`,
      'write it like "[[0.3, 0.2], [0.3, -0.2], [-0.3, -0.2], [-0.3, 0.2]]"',
    );
  return corners;
}
