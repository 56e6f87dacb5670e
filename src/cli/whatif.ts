import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { enterFromTape, createIngest } from "../core/cell/index.ts";
import { parseDeployment } from "../node/deployment/index.ts";
import type {
  CellEvent,
  Effect,
  HelperEffect,
  Micros,
  ReceiptId,
  TrialRequest,
} from "../core/domain/index.ts";
import { bindChannels } from "../node/index.ts";
import { readDeploymentParts } from "../node/deployment/index.ts";
import { createBareCell } from "../lab/replay/index.ts";
import { besideTape, readTape, type Tape } from "../edge/recordings/tape/index.ts";
import { createInlineTrials, trialsHere } from "../node/threads/index.ts";
import { command, EXIT, UserError } from "./command.ts";
import { explainLines, type Written } from "./explain-print.ts";
import { readProposalFile } from "./propose.ts";
import { flag, kinds, optional, several } from "./options/index.ts";
import { priceOptions, readEvents } from "./price-options.ts";
import { changeKind, sweepKind, whatIfSettings } from "./whatif-settings.ts";

/** How long the judgement may take on the tape's clock before it counts as not given. */
const PATIENCE_US = 5_000_000;
const CALLER = { transport: "whatif", caller: "whatif" };

export const whatifCommand = command({
  words: ["whatif"],
  summary:
    "judge an action in the world of a tape, or recordings under other settings, without touching anything",
  takes: "<proposal.json|-|bag…>",
  example: "cellgate whatif --sweep rules.zones.danger.withinM=0.4..1.2:9 bags/ --deployment cell.yaml",
  options: {
    tape: optional(
      kinds.file,
      "a tape of this node in which an action is judged; it brings its own deployment",
    ),
    set: several(changeKind, "replay the recordings with this value in the deployment"),
    sweep: optional(
      sweepKind,
      "replay the recordings with each of these values, and draw what is found against false stops",
    ),
    deployment: optional(
      kinds.deploymentFile,
      "with --set or --sweep: the cell that judges; a tape brings its own",
    ),
    ...priceOptions,
    jobs: optional(
      kinds.count(1_024),
      "with --set or --sweep: recordings at a time (default: the machine's cores)",
    ),
    report: optional(kinds.file, "with --set or --sweep: HTML report that opens offline", {
      as: "report.html",
    }),
    at: optional(kinds.offset, "seconds after the start of the tape (default: its end)"),
    json: flag("one JSON object instead of words"),
  },
  async run(input, io) {
    const { set, sweep, events } = input.values;
    if (set.length > 0 || sweep !== undefined)
      return whatIfSettings(
        {
          ...input.values,
          bags: input.positionals,
          events: events === undefined ? null : readEvents(events),
        },
        io,
      );
    const given = readProposalFile(input.positionals[0], io);
    // the tape may hold the same action already, and an id is good once
    const proposal: Record<string, unknown> = { ...given, action_id: `whatif-${String(given["action_id"])}` };
    const { tape: file, at = Number.POSITIVE_INFINITY } = input.values;
    if (file === undefined)
      throw new UserError(
        "no tape given",
        "name one with --tape FILE, or recordings with --set KEY=VALUE; `cellgate run --tape` records a tape",
      );
    const path = resolve(io.cwd, file);
    if (!existsSync(path)) throw new UserError(`there is no ${file}`, "check the path");
    const tape = readTape(path);
    if (!tape.ok)
      throw new UserError(
        tape.error,
        "only a tape of this node can be asked; foreign recordings go to `cellgate replay`",
      );
    if (!tape.value.fromStart)
      throw new UserError(
        `${path} begins in the middle of a run`,
        "what-if needs the tape from its start; `cellgate replay` judges the readings of a black box anew",
      );
    const { written, askedAtS } = await judgeInTape(proposal, tape.value, at);
    tape.value.close();
    const decided = written.find(
      (w) => w.body.receipt_type === "gate_decision" || w.body.receipt_type === "block",
    )?.body;
    if (input.values.json) io.out(JSON.stringify({ asked_at_s: askedAtS, receipts: written }));
    else {
      io.out(`Asked ${askedAtS.toFixed(3)} s after the start of ${file}; nothing was touched.`);
      for (const line of explainLines(String(proposal["action_id"]), written, {
        short: false,
        columns: io.columns,
      }))
        io.out(line);
    }
    if (decided === undefined)
      throw new UserError(
        "the gate gave no verdict on this tape",
        "ask earlier with --at, while readings still come",
        EXIT.failed,
      );
    return decided.receipt_type === "gate_decision" ? EXIT.ok : EXIT.found;
  },
});

/** The cell of the tape, with nothing behind it. What it asks for is answered at once or not at all. */
class TapeCell {
  readonly written: Written[] = [];
  readonly #ingest;
  #due: (() => void)[] = [];
  #helped: Promise<void>[] = [];
  #asked = false;

  constructor(tape: Tape) {
    const config = parseDeployment(tape.meta.configText, "the tape's configuration");
    if (!config.ok)
      throw new UserError(
        "the deployment on the tape cannot be read by this version",
        config.problems.map((p) => p.message).join("; "),
      );
    if (config.deployment.extensions !== undefined)
      throw new UserError(
        "this tape was made with extensions, and a recording names no code that is run",
        "ask the node that runs the deployment; extensions lie beside it",
      );
    const parts = readDeploymentParts(config, tape.meta.seed, besideTape(tape.meta));
    if (!parts.ok) throw new UserError(parts.error.what, parts.error.remedy);
    const channels = bindChannels(config.deployment);
    const cell = createBareCell(config, parts.value);
    this.#ingest = createIngest(
      cell,
      { carry: (effects) => this.#carry(effects), record: () => {} },
      channels.length,
    );
  }

  #carry(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "receipt") this.#receipt(effect);
      if (!this.#asked) continue;
      if (effect.kind === "trials") this.#due.push(() => this.#trials(effect.request));
      if (effect.kind === "helper") this.#helped.push(this.#help(effect));
    }
  }
  #receipt({ id, receipt, awaited }: Extract<Effect, { kind: "receipt" }>): void {
    if (this.#asked) this.written.push({ id, at: receipt.at, body: receipt.body });
    if (awaited && this.#asked)
      this.#due.push(() => this.#say({ kind: "stored", receiptId: id as ReceiptId, ok: true }));
  }
  #trials(request: TrialRequest): void {
    this.#say({
      kind: "trials",
      actionId: request.actionId,
      requestId: request.requestId,
      outcome: trialsHere(request),
    });
  }
  async #help(effect: HelperEffect): Promise<void> {
    const finding = await createInlineTrials().help(effect);
    this.#due.push(() =>
      this.#say({ kind: "helper", helperId: effect.helperId, actionId: effect.actionId, finding }),
    );
  }
  #now = 0 as Micros;
  #say(body: Parameters<typeof this.deliver>[0]): void {
    this.deliver(body);
  }
  deliver(body: Parameters<ReturnType<typeof createIngest>["event"]>[1]): void {
    this.#ingest.event(this.#now, body);
  }

  /** one event of the tape; after the question only readings are heard, what else happened belongs to another world */
  hear(event: CellEvent): void {
    // the mark at a tape's end names its last tick, and readings may have come after that
    if (event.kind === "tick" && event.t < this.#now) return;
    this.#now = event.t;
    this.#ingest.advance(event.t);
    const heard = event.kind === "sample" || event.kind === "fault" || !this.#asked;
    if (event.kind !== "tick" && heard) enterFromTape(this.#ingest, event);
  }
  async ask(proposal: unknown): Promise<void> {
    this.#asked = true;
    this.deliver({ kind: "proposal", raw: proposal, via: CALLER, refused: null });
    await this.settle();
  }
  async settle(): Promise<void> {
    await Promise.all(this.#helped.splice(0));
    for (let act = this.#due.shift(); act !== undefined; act = this.#due.shift()) act();
  }
}

async function judgeInTape(
  proposal: Record<string, unknown>,
  tape: Tape,
  atUs: number,
): Promise<{ written: readonly Written[]; askedAtS: number }> {
  const cell = new TapeCell(tape);
  const id = proposal["action_id"];
  const about = (): Written[] =>
    cell.written.filter(({ body }) => "action_id" in body && body.action_id === id);
  const decided = (): boolean =>
    about().some(({ body }) => body.receipt_type === "gate_decision" || body.receipt_type === "block");
  let last = 0;
  let askedAt = -1;
  for (const event of tape.events()) {
    if (askedAt < 0 && event.t > atUs) {
      askedAt = last;
      await cell.ask(proposal);
    }
    if (askedAt >= 0 && (decided() || event.t > askedAt + PATIENCE_US)) break;
    cell.hear(event);
    last = Math.max(last, event.t);
    if (askedAt >= 0) await cell.settle();
  }
  if (askedAt < 0) {
    askedAt = last;
    await cell.ask(proposal);
    await cell.settle();
  }
  return { written: about(), askedAtS: askedAt / 1e6 };
}
