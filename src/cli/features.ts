import {
  FEATURE_FAMILIES,
  createFeatureBank,
  type FeatureFamily,
  type FeatureSpec,
} from "../core/features/index.ts";
import { createKinematics } from "../core/robot/index.ts";
import { command, EXIT, type Io, UserError } from "./command.ts";
import { filesBeside, requireDeployment } from "./config.ts";
import { flag } from "./options/index.ts";

const JOINTS_SHOWN = 6;
const DIRECTION = { "1": "more is riskier", "-1": "less is riskier", "0": "either way" } as const;

interface Row {
  readonly group: string;
  readonly needs: string;
  readonly spec: FeatureSpec;
}
const rowsOf = (families: readonly FeatureFamily[]): Row[] =>
  families.flatMap((family) =>
    family.specs(JOINTS_SHOWN).map((spec) => ({ group: family.name, needs: family.needs, spec })),
  );

export const featuresListCommand = command({
  words: ["features", "list"],
  summary: "every feature that V_s can rest on, or those that one cell makes",
  takes: "[deployment.yaml]",
  example: "cellgate features list launch/demo-cell.yaml",
  options: { json: flag("one JSON object per feature instead of a table") },
  async run({ positionals, values }, io) {
    const rows = positionals[0] === undefined ? rowsOf(FEATURE_FAMILIES) : rowsOfCell(positionals[0]);
    if (values.json)
      for (const row of rows) io.out(JSON.stringify({ group: row.group, needs: row.needs, ...row.spec }));
    else printTable(rows, io);
    return EXIT.ok;
  },
});
function rowsOfCell(file: string): Row[] {
  const config = requireDeployment(file);
  const { deployment } = config;
  const bank = createFeatureBank({
    deployment,
    channels: Object.entries(deployment.channels).map(([name, channel], index) => ({
      index,
      name,
      config: channel,
    })),
    kinematics: createKinematics(deployment.robot, filesBeside(config).urdf),
  });
  const needs = new Map(FEATURE_FAMILIES.map((family) => [family.name, family.needs]));
  return bank.features.map(({ group, ...spec }) => ({ group, needs: needs.get(group) ?? "", spec }));
}
function printTable(rows: readonly Row[], io: Io): void {
  const widest = rows.reduce((most, row) => Math.max(most, row.spec.name.length), 0);
  let group = "";
  for (const row of rows) {
    if (row.group !== group) io.out(`${row.group} (needs ${row.needs})`);
    group = row.group;
    io.out(
      `  ${row.spec.name.padEnd(widest)}  ${row.spec.unit.padEnd(6)} ${windowText(row.spec).padEnd(8)} ${DIRECTION[`${row.spec.direction}`]}`,
    );
  }
  io.out(`${rows.length} features`);
}
const windowText = (spec: FeatureSpec): string => (spec.windowMs === 0 ? "now" : `${spec.windowMs} ms`);

export const featuresExplainCommand = command({
  words: ["features", "explain"],
  summary: "what one feature, or one group of features, is",
  takes: "<name>",
  example: "cellgate features explain time_to_contact_s",
  options: {},
  async run({ positionals }, io) {
    const wanted = positionals[0];
    if (wanted === undefined) throw new UserError("no feature named", "see cellgate features list");
    const rows = rowsOf(FEATURE_FAMILIES);
    const found = rows.filter((row) => row.spec.name === wanted || row.group === wanted);
    if (found.length === 0)
      throw new UserError(
        `no feature or group is called "${wanted}"`,
        `nearest: ${nearest(wanted, rows).join(", ")}; see cellgate features list`,
      );
    for (const { group, needs, spec } of found) {
      io.out(`${spec.name} [${spec.unit}]`);
      io.out(`  ${spec.meaning}`);
      io.out(
        `  window: ${windowText(spec)}; ${DIRECTION[`${spec.direction}`]}; group ${group}, needs ${needs}`,
      );
    }
    return EXIT.ok;
  },
});
function nearest(wanted: string, rows: readonly Row[]): string[] {
  const parts = wanted.toLowerCase().split(/[_\W]+/);
  const score = (name: string): number =>
    parts.filter((part) => part.length > 1 && name.includes(part)).length;
  return rows
    .map((row) => row.spec.name)
    .sort((a, b) => score(b) - score(a))
    .slice(0, 3);
}
