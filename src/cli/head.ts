import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { bindHead } from "../core/risk/index.ts";
import { importOnnx, modelCard, writeHeadFile } from "../lab/training/index.ts";
import { headPresence, presenceWords, readArm } from "../node/deployment/index.ts";
import { command, EXIT, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { requireHead } from "./evaluate.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { flag, kinds, optional, required } from "./options/index.ts";

export const headShowCommand = command({
  words: ["head", "show"],
  summary: "the model card of a risk head",
  takes: "<head.json>",
  example: "cellgate head show launch/robot-factory.head.json",
  options: { json: flag("the artefact without its weights, as JSON") },
  async run({ positionals, values }, io) {
    const { model, ...rest } = requireHead(positionals[0]);
    if (values.json) io.out(JSON.stringify({ ...rest, model: { kind: model.kind } }));
    else io.out(modelCard({ ...rest, model }));
    return EXIT.ok;
  },
});

export const headVerifyCommand = command({
  words: ["head", "verify"],
  summary: "check a risk head: whole, unchanged, within bounds, directions kept",
  takes: "<head.json>",
  example: "cellgate head verify head.json --deployment launch/demo-cell.yaml",
  options: {
    deployment: optional(
      kinds.deploymentFile,
      "say which share of the head can ever be present in this cell",
    ),
  },
  async run({ positionals, values }, io) {
    const artefact = requireHead(positionals[0]);
    const head = bindHead(artefact, artefact.features);
    if (!head.ok)
      throw new UserError(
        `${positionals[0]}: ${head.error.code}: ${head.error.detail}`,
        "take the original file or train the head anew",
        EXIT.found,
      );
    io.out(
      `${positionals[0]}: good. ${artefact.domain}, ${artefact.features.length} features, hash ${artefact.hash}`,
    );
    for (const line of presenceWords(headPresence(artefact, cellNamed(values.deployment)))) io.out(line);
    return EXIT.ok;
  },
});

function cellNamed(file: string | undefined): Parameters<typeof headPresence>[1] {
  if (file === undefined) return null;
  const config = requireDeployment(file);
  const arm = readArm(config);
  if (!arm.ok) throw new UserError(arm.error.what, arm.error.remedy);
  return { deployment: config.deployment, kinematics: arm.value };
}

export const headImportCommand = command({
  words: ["head", "import"],
  summary: "take over a plain network trained elsewhere (ONNX)",
  takes: "<model.onnx>",
  example: "cellgate head import model.onnx --features features.json --out head.json",
  options: {
    features: required(
      kinds.file,
      "JSON: domain, horizonMs, threshold and, per input, name, unit, group, direction, mean, scale",
      {
        as: "features.json",
        missing: "no features given",
        remedy: "name their file with --features features.json",
      },
    ),
    out: required(kinds.file, "file of the finished head; never overwrites another head", {
      as: "head.json",
      missing: "no file to write",
      remedy: "name it with --out head.json",
    }),
  },
  async run({ positionals, values }, io) {
    const [file] = positionals;
    if (file === undefined)
      throw new UserError("no network given", "name an ONNX file; see cellgate head import --help");
    const bytes = bytesOf(file);
    const made = importOnnx(bytes, jsonOf(values.features), createHash("sha256").update(bytes).digest("hex"));
    if (!made.ok)
      throw new UserError(`${file}: ${made.error}`, "change the network or its feature file", EXIT.found);
    const written = writeHeadFile(values.out, made.value);
    if (!written.ok) throw new UserError(written.error, "name another file with --out");
    io.out(
      `${values.out}: head ${made.value.hash.slice(0, 16)}… with ${made.value.features.length} features`,
    );
    return EXIT.ok;
  },
});
function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${troubleWith(cause)}`, "name an ONNX file");
  }
}
function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UserError(
      `${file} cannot be written: ${troubleWith(cause)}`,
      "name a JSON file with domain, horizonMs, threshold and features",
    );
  }
}
