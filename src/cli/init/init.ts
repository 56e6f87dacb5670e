import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { ROBOTS } from "../../../devices/robots/index.ts";
import { troubleWith } from "../../core/base/trouble-with.ts";
import { openBag } from "../../edge/recordings/index.ts";
import { listSerialPorts } from "../../edge/transports/serial/index.ts";
import { inspectBag } from "../../lab/replay/index.ts";
import { checkDeployment } from "../../node/run/index.ts";
import { command, type CommandInput, EXIT, type Io, UserError } from "../command.ts";
import { flag, kinds, optional, several, withDefault } from "../options/index.ts";
import { hearDds, hearMqtt, ofDds, partOf, partsOfBag, roleOf } from "./find-part.ts";
import { type Part, type PartRole, ROLE_WORDS, ROLES, SPEC_WORDS } from "./part.ts";
import { robotLines, robotNamed, urdfLines } from "./robot-lines.ts";
import { cellText } from "./write-cell.ts";

const source = (role: PartRole) =>
  several(kinds.named("SOURCE", SPEC_WORDS), `${ROLE_WORDS[role]}: ${SPEC_WORDS}`);
const options = {
  robot: optional(
    kinds.named(
      "NAME",
      "a robot of the library",
      ROBOTS.map((robot) => robot.name),
    ),
    `a robot of the library: ${ROBOTS.map((robot) => robot.name).join(", ")}`,
  ),
  urdf: optional(kinds.file, "a robot by its URDF instead (an expanded one, no xacro)", { as: "arm.urdf" }),
  ft: source("ft"),
  near: source("near"),
  scan: source("scan"),
  estop: source("estop"),
  joints: source("joints"),
  stop: source("stop"),
  bag: optional(kinds.place, "take the sensors from a recording: names, rates, angles", {
    as: "recordings/run",
  }),
  name: withDefault(kinds.named("NAME", "the cell's name"), "my_cell", "name of the cell"),
  out: withDefault(kinds.file, "cell.yaml", "file to write; one that is there is never written over"),
  yes: flag("ask nothing: what no option names is left out"),
} as const;
type InitInput = CommandInput<typeof options>;

export const initCommand = command({
  words: ["init"],
  summary: "write the deployment of a cell of your own: robot, sensors, e-stop, what stops it",
  example: "cellgate init --yes --robot ur5e --ft serial:/dev/ttyUSB0",
  options,
  run: (input, io) => init(input, io),
});

async function init(input: InitInput, io: Io): Promise<number> {
  const { values } = input;
  const out = resolve(io.cwd, values.out);
  if (existsSync(out)) throw new UserError(`${values.out} is there already`, "name another file with --out");
  const ask =
    values.yes || !io.interactive ? null : createInterface({ input: process.stdin, output: process.stdout });
  const say = (line: string): void => io.err(line);
  try {
    const robot = await chosenRobot(input, out, ask);
    const parts: Part[] = [];
    for (const role of ROLES) for (const text of values[role]) parts.push(await partOf(role, text, say));
    if (values.bag !== undefined) parts.push(...(await ofBag(resolve(io.cwd, values.bag))));
    if (ask !== null) parts.push(...(await askedParts(ask, parts, say)));
    const text = cellText({ cell: values.name, out, robot, parts });
    try {
      writeFileSync(out, text, { flag: "wx" });
    } catch (cause) {
      throw new UserError(
        `${values.out} cannot be written: ${troubleWith(cause)}`,
        "name a folder that exists",
      );
    }
  } finally {
    ask?.close();
  }
  return goOn(values.out, out, io);
}

type Ask = ReturnType<typeof createInterface>;
const answer = async (ask: Ask, question: string, usual: string): Promise<string> => {
  const said = (await ask.question(`${question} [${usual}] `)).trim();
  return said === "" ? usual : said;
};

async function chosenRobot({ values }: InitInput, out: string, ask: Ask | null): Promise<string[]> {
  if (values.robot !== undefined && values.urdf !== undefined)
    throw new UserError("--robot and --urdf are two ways to say the same", "give one of them");
  if (values.urdf !== undefined) return urdfLines(values.urdf, out);
  if (values.robot !== undefined) return robotLines(robotNamed(values.robot));
  if (ask === null)
    throw new UserError(
      "which robot?",
      `give --robot (${ROBOTS.map((r) => r.name).join(", ")}) or --urdf FILE`,
    );
  for (const { name, title } of ROBOTS) process.stdout.write(`  ${name.padEnd(12)} ${title}\n`);
  const said = await answer(ask, "Robot, or the path of a URDF:", "ur5e");
  return said.includes(".") || said.includes("/") ? urdfLines(said, out) : robotLines(robotNamed(said));
}

/** What is heard on this machine is offered; the rest a person names, or leaves out. */
async function askedParts(ask: Ask, known: readonly Part[], say: (line: string) => void): Promise<Part[]> {
  const found: Part[] = [];
  const ports = await listSerialPorts();
  if (ports.length > 0) say(`serial ports: ${ports.map((port) => port.path).join(", ")}`);
  if ((await answer(ask, "Look for ROS 2 topics (DDS)? a domain, or no:", "0")) !== "no")
    found.push(...(await offeredTopics(ask, 0, say)));
  const url = await answer(ask, "Look at an MQTT broker? its address, or no:", "no");
  if (url !== "no") for (const { topic, sample } of await hearMqtt(url)) say(`  ${url}/${topic}  ${sample}`);
  for (const role of ROLES) {
    if ([...known, ...found].some((part) => part.role === role)) continue;
    const text = await answer(ask, `${ROLE_WORDS[role]} (${SPEC_WORDS}), or none:`, "none");
    if (text === "none") continue;
    try {
      found.push(await partOf(role, text, say));
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      say(`${cause.message} → left out; add it to the file, or begin again`);
    }
  }
  return found;
}
async function offeredTopics(ask: Ask, domain: number, say: (line: string) => void): Promise<Part[]> {
  const parts: Part[] = [];
  const heard = await hearDds(domain).catch((cause: Error) => {
    say(cause.message);
    return [];
  });
  for (const topic of heard) {
    const role = roleOf(topic.quantities[0] ?? "");
    if (role === null || role === "stop" || parts.some((part) => part.role === role)) continue;
    if ((await answer(ask, `${topic.name} (${topic.type}): use it as ${ROLE_WORDS[role]}?`, "yes")) === "yes")
      parts.push(ofDds(role, topic, domain));
  }
  return parts;
}

async function ofBag(path: string): Promise<Part[]> {
  const opened = await openBag(path);
  if (!opened.ok) throw new UserError(opened.error, "give a .mcap or .db3 file, or a rosbag2 folder");
  try {
    return partsOfBag(inspectBag(opened.value, () => undefined));
  } finally {
    opened.value.close();
  }
}

/** Checked as anybody's file is; what a person does next. */
function goOn(name: string, out: string, io: Io): number {
  const checked = checkDeployment(out);
  if (!checked.ok) {
    for (const { line, column, key, message } of checked.problems)
      io.err(`${name}:${line}:${column} ${key}: ${message}`);
    io.err(`${name} was written, and has to be corrected before it runs`);
    return EXIT.found;
  }
  io.out(`${name}: written and good. Cell ${checked.config.deployment.cell}.`);
  io.out("Next:");
  io.out(
    `  cellgate config check ${name}          what guards the cell, and what does not; look for CHECK in the file`,
  );
  io.out(
    `  cellgate run ${name} --simulate        your cell in a simulated world: it slows, stops and judges`,
  );
  io.out(
    `  cellgate run ${name}                   the real wires; it comes up blocked: cellgate reset, cellgate resume`,
  );
  io.out(
    `  cellgate commission ${name}            measures stops and reactions at the machine, writes the report`,
  );
  return EXIT.ok;
}
