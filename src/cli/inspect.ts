import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok, type Result } from "../core/base/result.ts";
import {
  type Inspection,
  inspectBag,
  proposeDeployment,
  type TapeFacts,
  type TopicFacts,
} from "../lab/replay/index.ts";
import { openBag } from "../edge/recordings/index.ts";
import { command, EXIT, type Io, UserError } from "./command.ts";
import { createProgress } from "./progress.ts";
import { readable } from "./wrap.ts";
import { lossLines, snakeKeys } from "./replay-words.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { flag, kinds, optional } from "./options/index.ts";

export const inspectCommand = command({
  words: ["inspect"],
  summary: "look into a recording: topics, rates, gaps, odd stamps, and a deployment to start from",
  takes: "<bag…>",
  example: "cellgate inspect recordings/run_17 --propose run_17.yaml",
  options: {
    propose: optional(kinds.file, "write a deployment file for these recordings, ready to edit and replay", {
      as: "deployment.yaml",
    }),
    urdf: optional(
      kinds.file,
      "robot description whose limits the proposal takes; default: one in the recordings",
      {
        as: "robot.urdf",
      },
    ),
    json: flag("one JSON object instead of words"),
  },
  async run({ positionals, values }, io) {
    const paths = positionals.flatMap(recordingsAt);
    if (paths.length === 0)
      throw new UserError("no recording given", "name .mcap, .db3 or .bag files, or folders of them");
    const inspections: Inspection[] = [];
    const unread: string[] = [];
    for (const path of paths) {
      const inspected = await inspectOne(path, io);
      if (inspected.ok) inspections.push(inspected.value);
      else if (paths.length === 1)
        throw new UserError(inspected.error, "give a .mcap, .db3 or .bag file, or a rosbag2 folder");
      else unread.push(inspected.error);
    }
    for (const trouble of unread) io.err(trouble);
    if (inspections.length === 0) throw new UserError("none of them can be read", "give other recordings");
    const propose = values.propose ?? null;
    if (propose !== null) writeProposal(propose, inspections, values.urdf);
    for (const inspection of inspections)
      if (values.json) io.out(JSON.stringify(snakeKeys(inspection)));
      else printInspection(inspection, propose, io);
    const lost = unread.length > 0 || inspections.some((inspection) => inspection.losses.count > 0);
    return lost ? EXIT.found : EXIT.ok;
  },
});
async function inspectOne(path: string, io: Io): Promise<Result<Inspection, string>> {
  const opened = await openBag(path);
  if (!opened.ok) return opened;
  const bag = opened.value;
  const bar = createProgress(io, "reading", bag.bytes, "bytes");
  const inspection = inspectBag(bag, (done, messages) =>
    bar.update(done, `${messages.toLocaleString("en-US")} messages`),
  );
  bar.finish();
  bag.close();
  return ok(inspection);
}
const RECORDING = /\.(bag|(mcap|db3)(\.(zstd|zst))?)$/;
/** A folder of rosbag2 is one recording; any other folder stands for the recordings in it. */
function recordingsAt(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return [path];
  const names = readdirSync(path).sort();
  if (names.includes("metadata.yaml")) return [path];
  const inside = names
    .map((name) => join(path, name))
    .filter((file) => RECORDING.test(file) || statSync(file).isDirectory());
  const folders = inside.filter((file) => !RECORDING.test(file));
  return [...inside.filter((file) => RECORDING.test(file)), ...folders.flatMap(recordingsAt)];
}

function writeProposal(file: string, inspections: readonly Inspection[], urdf: string | undefined): void {
  const text = proposeDeployment(inspections, urdf === undefined ? {} : { urdf: readUrdf(urdf) });
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (cause) {
    throw new UserError(
      `${file} cannot be written: ${troubleWith(cause)}`,
      "name a new file in a folder that exists",
    );
  }
}

function readUrdf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${troubleWith(cause)}`, "name a URDF file (xacro expanded)");
  }
}

function printInspection(inspection: Inspection, propose: string | null, to: Io): void {
  const io: Io = { ...to, out: (line) => readable(line, to, 4).forEach(to.out) };
  const { bag, storage, files, bytes, messages, spanUs, startMicros } = inspection;
  io.out(
    `${bag}: ${storage}, ${files.length} file${files.length === 1 ? "" : "s"}, ${bytes.toLocaleString("en-US")} bytes`,
  );
  io.out(
    `${messages.toLocaleString("en-US")} messages over ${(spanUs / 1e6).toFixed(1)} s, from ${new Date(startMicros / 1_000).toISOString()}`,
  );
  if (inspection.clockFactor !== null)
    io.out(
      `/clock runs ${inspection.clockFactor.toFixed(2)} times as fast as the recorder's clock (replay with --time clock)`,
    );
  if (inspection.tape !== null) printTape(inspection.tape, io);
  io.out("");
  const width = Math.max(12, ...inspection.topics.map((t) => t.name.length));
  for (const topic of inspection.topics) printTopic(topic, width, io);
  for (const line of lossLines(inspection.losses)) io.out(line);
  io.out("");
  io.out(nextStep(inspection, propose));
}
function nextStep({ bag, tape }: Inspection, propose: string | null): string {
  if (propose !== null)
    return `Proposed deployment: ${propose}. Fill in what is marked CHECK, then: cellgate replay ${bag} --deployment ${propose}`;
  if (tape !== null) return `It brings its own deployment: cellgate replay ${bag} --report report.html`;
  return "A deployment to start from: add --propose deployment.yaml";
}
function printTape({ cell, boot, version, configHash, files, boxed }: TapeFacts, io: Io): void {
  const carries = files.length === 0 ? "" : `, carries ${files.join(", ")}`;
  io.out(
    `${boxed.length > 0 ? "Black box" : "Tape"} of cell ${cell}, run ${boot}, cellgate ${version}, configuration ${configHash.slice(0, 12)}…${carries}`,
  );
  for (const { receiptId, code, t } of boxed) io.out(`  ${code} at ${s(t)} of the run, receipt ${receiptId}`);
}
function printTopic(topic: TopicFacts, width: number, io: Io): void {
  const rate = topic.rateHz === null ? "" : `${topic.rateHz.toFixed(1)} Hz`;
  const as =
    topic.quantities.length > 0
      ? `as ${topic.quantities.join("|")}`
      : (topic.trouble ??
        (topic.fields.length > 0
          ? `by field: ${topic.fields.slice(0, 3).join(", ")}${topic.fields.length > 3 ? " …" : ""}`
          : "no numbers"));
  io.out(
    `${topic.name.padEnd(width)}  ${topic.type}  ${topic.messages.toLocaleString("en-US")} messages  ${rate}  ${as}`,
  );
  for (const oddity of odditiesOf(topic)) io.out(`${" ".repeat(width)}    ! ${oddity}`);
}
const s = (us: number): string => `${(us / 1e6).toFixed(3)} s`;
/** a stamp this far from the recorder's clock is worth a word */
const LAG_WORTH_US = 500_000;
const FROZEN_WORTH_US = 1_000_000;
/** what has noise: such a source that repeats itself is frozen, a flag is not */
const MEASURES: ReadonlySet<string> = new Set(["wrench", "range", "scan", "joints", "twist"]);

function odditiesOf(topic: TopicFacts): string[] {
  const odd: string[] = [];
  const longest = topic.gaps[0];
  if (longest !== undefined)
    odd.push(
      `${topic.gapCount} gap${topic.gapCount === 1 ? "" : "s"}, the longest ${s(longest.lengthUs)} at ${s(longest.atUs)}`,
    );
  if (topic.unreadable > 0) odd.push(`${topic.unreadable} messages do not fit their type`);
  const lag = topic.stampLagUs;
  if (lag !== null && lag.largest - lag.smallest > LAG_WORTH_US)
    odd.push(`stamps lie between ${s(lag.smallest)} and ${s(lag.largest)} behind the recorder's clock`);
  else if (lag !== null && Math.abs(lag.smallest) > LAG_WORTH_US)
    odd.push(`stamps belong to another clock, ${s(lag.smallest)} away`);
  if (topic.stampsBackwards > 0) odd.push(`${topic.stampsBackwards} stamps go backwards`);
  if (topic.stampsRepeated > 0) odd.push(`${topic.stampsRepeated} stamps are repeated`);
  const measures = MEASURES.has(topic.quantities[0] ?? "");
  if (measures && topic.frozenUs > FROZEN_WORTH_US) odd.push(`identical values for ${s(topic.frozenUs)}`);
  return odd;
}
