import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { canonicalBytes } from "../core/base/canonical.ts";
import { sha256Hex } from "../core/base/hash.ts";
import { utf8Bytes } from "../core/base/utf8.ts";
import { signedApprovalText } from "../edge/http/control/index.ts";
import type { NodeStatus } from "../core/domain/index.ts";
import { command, type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { connectToNode, controlOptions, type NodeClient, sayOutcome } from "./control-client.ts";
import { troubleWith } from "../core/base/trouble-with.ts";
import { kinds, optional } from "./options/index.ts";

type Waiting = NodeStatus["gate"]["approvals"][number];
const { data, as, url, json } = controlOptions;

export const approvalsListCommand = command({
  words: ["approvals", "list"],
  summary: "actions that were blocked and wait for a person",
  example: "cellgate approvals list",
  options: { data, as, url, json },
  async run(input, io) {
    const { status, waiting } = await readWaiting(connectToNode(input));
    if (input.values.json) io.out(JSON.stringify(waiting));
    else if (waiting.length === 0) io.out("Nothing waits for an answer.");
    else
      for (const one of waiting)
        io.out(
          `${one.action_id}  ${one.code}  ${one.summary}  by ${one.proposer}, ${personsWords(one)}${secondsLeft(one, status)} s left`,
        );
    return EXIT.ok;
  },
});

export const approvalsShowCommand = command({
  words: ["approvals", "show"],
  summary: "one waiting action: what it would do, why it is blocked, what an answer binds",
  takes: "<action>",
  example: "cellgate approvals show pick-17",
  options: { data, as, url, json },
  async run(input, io) {
    const node = connectToNode(input);
    const { status, waiting } = await readWaiting(node);
    const one = find(waiting, input.positionals[0]);
    rememberSeen(node, one, seenAs(one, status));
    const open = status.gate.open.find((o) => o.action_id === one.action_id);
    if (input.values.json) io.out(JSON.stringify({ ...one, open, seen_as: seenAs(one, status) }));
    else {
      io.out(`${one.action_id}: ${one.summary}`);
      io.out(`  proposed by     ${one.proposer}`);
      io.out(
        `  blocked for     ${one.code}${open === undefined || open.reason === "" ? "" : `, ${open.reason}`}`,
      );
      io.out(`  confidence      ${open?.confidence?.toFixed(4) ?? "none"}`);
      io.out(`  arguments       ${one.args_hash.slice(0, 32)}…`);
      io.out(`  configuration   ${status.config_hash.slice(0, 32)}…`);
      io.out(`  risk head       ${one.model_hash.slice(0, 32)}`);
      io.out(`  seen as         ${seenAs(one, status)}`);
      io.out(
        `  persons         ${one.granted.length} of ${one.needed} said yes${one.granted.length === 0 ? "" : `: ${one.granted.join(", ")}`}${one.escalated ? "; escalated" : ""}`,
      );
      io.out(`  time left       ${secondsLeft(one, status)} s, then the answer is no`);
      io.out(`  → every number: cellgate explain ${one.action_id}`);
      io.out(`  → the answer: cellgate approvals approve (or deny) ${one.action_id} --because "…"`);
    }
    return EXIT.ok;
  },
});

/** Only where one person is not enough, or others are asked by now. */
const personsWords = ({ needed, granted, escalated }: Waiting): string =>
  `${needed > 1 ? `${granted.length} of ${needed} persons said yes, ` : ""}${escalated ? "escalated, " : ""}`;

const answerOptions = {
  ...controlOptions,
  seen: optional(
    kinds.text,
    "what `approvals show` gave under `seen as`: the answer counts for that and nothing else (default: what was shown to you last)",
  ),
  key: optional(kinds.file, "file with your Ed25519 private key (PEM), where approvals are signed"),
} as const;

export const approvalsApproveCommand = command({
  words: ["approvals", "approve"],
  summary: "let a blocked action run once, watched, after it was checked again",
  takes: "<action>",
  example: 'cellgate approvals approve pick-17 --because "looked into the cell, nobody there"',
  options: answerOptions,
  run: (input, io) => answer(true, input, io),
});

export const approvalsDenyCommand = command({
  words: ["approvals", "deny"],
  summary: "say no to a blocked action for good",
  takes: "<action>",
  example: 'cellgate approvals deny pick-17 --because "wrong part"',
  options: answerOptions,
  run: (input, io) => answer(false, input, io),
});

export const APPROVALS_COMMANDS: readonly Command[] = [
  approvalsListCommand,
  approvalsShowCommand,
  approvalsApproveCommand,
  approvalsDenyCommand,
];

const SEEN_DIGITS = 16;
/** One short name of everything that an answer binds, as it was shown. */
const seenAs = (one: Waiting, status: NodeStatus): string =>
  sha256Hex(
    canonicalBytes({
      action_id: one.action_id,
      args_hash: one.args_hash,
      config_hash: status.config_hash,
      model_hash: one.model_hash,
    }),
  ).slice(0, SEEN_DIGITS);

/**
 * What the person saw is what the answer binds: it is sent only when the node still waits for exactly that,
 * and an approval without having looked is none.
 */
async function answer(granted: boolean, input: CommandInput<typeof answerOptions>, io: Io): Promise<number> {
  const reason = input.values.because ?? "";
  if (granted && reason.trim() === "")
    throw new UserError(
      "an approval needs a reason",
      'say why: --because "…"; it stands in the receipt and never reaches the proposer',
    );
  const node = connectToNode(input);
  const { status, waiting } = await readWaiting(node);
  const one = find(waiting, input.positionals[0]);
  const seen = input.values.seen ?? lastSeen(node, one);
  if (granted && seen === undefined)
    throw new UserError(
      `${one.action_id} was not shown to you yet`,
      `look first: \`cellgate approvals show ${one.action_id}\`; then the answer counts for what you saw`,
    );
  if (seen !== undefined && seen !== seenAs(one, status))
    throw new UserError(
      `what waits as ${one.action_id} now is not what you saw`,
      `look again: \`cellgate approvals show ${one.action_id}\``,
      EXIT.found,
    );
  const body = {
    request_id: randomUUID(),
    reason,
    granted,
    args_hash: one.args_hash,
    config_hash: status.config_hash,
    model_hash: one.model_hash,
    // on the node's own clock: a simulated node lives in another year
    issued_at_us: status.at,
  };
  const keyFile = input.values.key;
  const signed =
    keyFile === undefined
      ? body
      : {
          ...body,
          signature: signatureOf(keyFile, signedApprovalText(status, node.operator, one.action_id, body), io),
        };
  const said = await node.post(`/v1/approvals/${encodeURIComponent(one.action_id)}`, signed);
  return sayOutcome(
    said,
    granted
      ? one.granted.length + 1 < one.needed
        ? `Said yes to ${one.action_id}: ${one.granted.length + 1} of ${one.needed} persons; it waits for the next.`
        : `Approved ${one.action_id}; it is checked again and then runs watched.`
      : `Denied ${one.action_id}.`,
    input,
    io,
  );
}

/** what was shown to an operator last, beside the operator's token, where nobody else writes */
const seenFile = (node: NodeClient, { action_id }: Waiting): string =>
  join(node.folder, `${node.operator}.${sha256Hex(utf8Bytes(action_id)).slice(0, SEEN_DIGITS)}.seen`);

function rememberSeen(node: NodeClient, one: Waiting, seen: string): void {
  try {
    writeFileSync(seenFile(node, one), `${seen}\n`, { mode: 0o600 });
  } catch {
    // without it the person gives --seen
  }
}
function lastSeen(node: NodeClient, one: Waiting): string | undefined {
  try {
    return readFileSync(seenFile(node, one), "utf8").trim();
  } catch {
    return undefined;
  }
}

function signatureOf(file: string, text: string, io: Io): string {
  try {
    return sign(
      null,
      utf8Bytes(text),
      createPrivateKey(readFileSync(resolve(io.cwd, file), "utf8")),
    ).toString("hex");
  } catch (cause) {
    throw new UserError(
      `${file} cannot sign: ${troubleWith(cause)}`,
      "it must hold an Ed25519 private key as PEM",
    );
  }
}

async function readWaiting(node: NodeClient): Promise<{ status: NodeStatus; waiting: readonly Waiting[] }> {
  const answer = await node.get("/v1/status");
  if (answer.status !== 200)
    throw new UserError(
      `the node does not tell its status: ${answer.status}`,
      "check the token and the data folder",
      EXIT.failed,
    );
  const status = answer.body as unknown as NodeStatus;
  return { status, waiting: status.gate.approvals };
}

function find(waiting: readonly Waiting[], id: string | undefined): Waiting {
  if (id === undefined) throw new UserError("name the action", "`cellgate approvals list` shows what waits");
  const one = waiting.find((w) => w.action_id === id);
  if (one === undefined)
    throw new UserError(
      `no action "${id}" waits for an answer`,
      "`cellgate approvals list` shows what waits; unanswered ones expire",
      EXIT.found,
    );
  return one;
}

/** On the node's own clock: a simulated node lives in another year. */
const secondsLeft = (one: Waiting, status: NodeStatus): number =>
  Math.max(0, Math.round((one.expires_at - status.at) / 1e6));
