import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Code, codeEntry, type Receipt, type ReceiptBody } from "../core/domain/index.ts";
import { openLedger } from "../edge/ledger/index.ts";
import { programVersion } from "../node/index.ts";
import { inUse, pastAtStart, pastOf, rollbackReceipts } from "../node/in-use/index.ts";
import {
  fieldRecordings,
  type FieldRecordings,
  promoteCandidate,
  metricsOf,
  type PromotionResult,
  rememberField,
  reportOf,
  worstRecordingOf,
} from "../lab/promotion/index.ts";
import { CANDIDATE_KINDS, type CandidateKind, PART_OF, type Past } from "../core/promotion/index.ts";
import { domainNamed, RISK_DOMAINS } from "../core/risk/index.ts";
import { renderReport } from "../edge/report/index.ts";
import { command, type Command, type CommandInput, EXIT, type Io, UserError } from "./command.ts";
import { requireDeployment } from "./config.ts";
import { dataOption, jsonOption } from "./ledger/place.ts";
import { candidateFile, kindOfFile, requireStore } from "../node/in-use/index.ts";
import { createProgress } from "./progress.ts";
import { flag, kinds, optional, required, several, withDefault } from "./options/index.ts";

const now = (): number => Date.now() * 1_000;
const byOf = (as: string | undefined, io: Io): string => as ?? io.env["USER"] ?? "operator";

/** Receipts go into the node's own ledger; it has one writer, so the node must not be running. */
async function withLedger<T>(
  dir: string,
  config: ReturnType<typeof requireDeployment>,
  work: (receipt: (body: ReceiptBody) => void, stored: () => Promise<void>) => Promise<T>,
): Promise<T> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { deployment, hash } = config;
  const ledger = await openLedger({
    dir,
    cell: deployment.cell,
    configHash: hash,
    program: programVersion(),
    settings: deployment.ledger,
    onStored: () => {},
    onHealth: () => {},
  }).catch((cause: Error) => {
    throw new UserError(
      `the ledger in ${dir} cannot be opened: ${cause.message}`,
      "stop the node first; promotions leave receipts in its ledger",
      EXIT.failed,
    );
  });
  let n = 0;
  const receipt = (body: ReceiptBody): void => {
    const receipt_id = `promotion-${ledger.recovered.boot}-${n++}`;
    const whole: Receipt = { receipt_id, at: now(), cell: deployment.cell, config_hash: hash, body };
    if (!ledger.append(whole))
      throw new UserError("a receipt was refused by the ledger", "check the disk", EXIT.failed);
  };
  try {
    return await work(receipt, () => ledger.flush());
  } finally {
    await ledger.flush();
    await ledger.close();
  }
}

const BATTERIES = RISK_DOMAINS.flatMap((domain) => domain.battery ?? []);
const [PLAIN_BATTERY = ""] = BATTERIES;
/** A head is measured on the battery of its field; everything else is part of a robot cell. */
function batteryOf(kind: CandidateKind, file: string): string {
  if (kind !== "head" && kind !== "calibration") return PLAIN_BATTERY;
  try {
    const { domain } = JSON.parse(readFileSync(file, "utf8")) as { domain?: unknown };
    return domainNamed(String(domain))?.battery ?? PLAIN_BATTERY;
  } catch {
    // what cannot be read is refused by the check that loads it
    return PLAIN_BATTERY;
  }
}

const options = {
  deployment: required(kinds.deploymentFile, "the cell that the candidate is for", {
    missing: "no deployment file given",
    remedy: "name one, for example launch/demo-cell.yaml",
  }),
  kind: optional(
    kinds.choice(CANDIDATE_KINDS),
    `what it is: ${CANDIDATE_KINDS.join(", ")} (default: as the file says)`,
  ),
  battery: optional(
    kinds.named("NAME", "the name of a battery", BATTERIES),
    "scenarios to measure on (default: those of the head's field of risk)",
  ),
  scenarios: withDefault(kinds.count(100_000), "500", "how many, half of them drawn after the freeze"),
  field: several(
    kinds.place,
    "recordings of this cell, files or folders; remembered for the next time. Its own black box always counts",
  ),
  "leave-out": several(kinds.text, "name of a recording that shall not count; needs --because", {
    as: "NAME",
  }),
  against: optional(kinds.text, "hash of the baseline; another one than that in use is refused", {
    as: "HASH",
  }),
  looks: flag("results are looked at while they come in: the always-valid bound is used"),
  "dry-run": flag("decide and report, but do not take it into use"),
  again: flag("decide again about a candidate that was refused; needs --because"),
  because: optional(kinds.because, "the reason; stands in the receipt"),
  threads: optional(kinds.count(1_024), "measuring threads (default: cores)"),
  report: optional(kinds.file, "HTML report (default: beside the data)"),
  as: optional(kinds.person, "who promotes"),
  ...dataOption,
  ...jsonOption,
} as const;
type PromoteInput = CommandInput<typeof options>;

export const promoteCommand = command({
  words: ["promote"],
  summary: "measure a candidate against what is in use, and promote or refuse it with reasons",
  takes: "<candidate file>",
  example: "cellgate promote head-v2.json --deployment launch/demo-cell.yaml",
  options,
  async run(input, io) {
    const file = candidateFile(input.positionals[0], io.cwd);
    const config = requireDeployment(input.values.deployment);
    const dir = input.values.data;
    const { because, scenarios, threads, against } = input.values;
    const unusual = { again: input.values.again, "leave-out": input.values["leave-out"].length > 0 };
    for (const [name, asked] of Object.entries(unusual))
      if (asked && because === undefined)
        throw new UserError(`--${name} needs a reason`, 'say why: --because "…"');
    const field = fieldOf(input, io);
    const measured = scenarios + field.recordings.length;
    const progress = createProgress(io, "promote", measured, "scenarios");
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    process.once("SIGINT", stop);
    const result = await withLedger(dir, config, (receipt, stored) => {
      const store = requireStore(dir);
      const used = inUse(config, store, now(), () => pastAtStart(dir));
      for (const body of rollbackReceipts(used)) receipt(body);
      const kind = kindOfFile(input.values.kind, file, used);
      return promoteCandidate({
        store,
        kind,
        parts: { [PART_OF[kind]]: readFileSync(file) },
        own: config,
        used,
        ...(against !== undefined && { against }),
        battery: input.values.battery ?? batteryOf(kind, file),
        scenarios,
        field,
        interimLooks: input.values.looks,
        again: input.values.again ? (because ?? null) : null,
        by: byOf(input.values.as, io),
        at: now(),
        partialFolder: join(dir, "promotion", "runs"),
        ...(threads !== undefined && { threads }),
        signal: abort.signal,
        progress: (done) => progress.update(done),
        swap: !input.values["dry-run"],
        past: knownPast(dir, receipt),
        receipt,
        stored,
      }).catch((cause: unknown) => {
        if (!(cause instanceof RangeError)) throw cause;
        throw new UserError(cause.message, "correct the option or the file that it names");
      });
    }).finally(() => {
      progress.finish();
      process.removeListener("SIGINT", stop);
    });
    if (result.interrupted) {
      io.err("Interrupted. Run the same command again; it goes on where it stopped.");
      return EXIT.interrupted;
    }
    return say(result, dir, input, io);
  },
});

/** A candidate about which nothing can be looked up is not measured: it may have been refused. */
function knownPast(dir: string, receipt: (body: ReceiptBody) => void): Past {
  try {
    return pastOf(dir);
  } catch (cause) {
    const code: Code = "PROMOTION_PAST_UNREADABLE";
    const detail = (cause as Error).message;
    receipt({ receipt_type: "fault", code, source: "promotion", detail, active: true });
    const { title, remedy } = codeEntry(code);
    throw new UserError(`${title} (${code}): ${detail}`, remedy, EXIT.failed);
  }
}

/** Recordings that speak along: those of the node's own stops, and those that a person names. */
function fieldOf({ values }: PromoteInput, io: Io): FieldRecordings {
  const { data: dataDir, because = "", "leave-out": leaveOut } = values;
  const named = values.field.length === 0 ? null : values.field.map((path) => resolve(io.cwd, path));
  const found = fieldRecordings({ dataDir, named, leaveOut, because });
  if (!found.ok)
    throw new UserError(found.error, "name recordings of this cell with --field, or what is there");
  if (named !== null) rememberField(dataDir, named);
  return found.value;
}

function say(result: PromotionResult, dir: string, input: PromoteInput, io: Io): number {
  const { decision, evidence, hash } = result;
  const folder = join(dir, "promotion", "reports");
  mkdirSync(folder, { recursive: true });
  // every run keeps its own, in the order of runs: a clock that was set back overwrites nothing and hides nothing
  const count = String(readdirSync(folder).filter((f) => f.endsWith(".json")).length).padStart(6, "0");
  const name = `${hash.slice(0, 16)}-${count}-${new Date().toISOString().replace(/[:.]/g, "")}`;
  const html = input.values.report ?? join(folder, `${name}.html`);
  writeFileSync(resolve(io.cwd, html), renderReport(reportOf(result)));
  const record = { hash, baseline: result.baseline, decision, metrics: metricsOf(evidence), evidence };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(record, null, 1)}\n`);
  if (input.values.json)
    io.out(
      JSON.stringify({
        hash,
        baseline: result.baseline,
        decision,
        worst_recording: worstRecordingOf(evidence)?.scenario ?? null,
        report: html,
      }),
    );
  else {
    const { delta, divergence } = decision;
    io.out(`${decision.outcome.toUpperCase()}  ${codeEntry(decision.code).title} (${decision.code})`);
    io.out(`candidate ${hash.slice(0, 16)}  baseline ${result.baseline.slice(0, 16)}`);
    io.out(
      `let happen: P95 of its change ${delta.p95}, upper bound ${delta.p95Upper ?? "none"} (must be ≤ 0); worse in ${delta.worse} of ${delta.n}, allowed ${Math.max(0, delta.allowed)}`,
    );
    const { energyDelta: e } = decision;
    if (e !== null)
      io.out(
        `ΔV_s: P95 ${e.p95}, upper bound ${e.p95Upper ?? "none"}; ${e.holds ? "≤ 0 holds" : `≤ 0 does not hold: ${e.because}`}`,
      );
    io.out(
      `KL upper bound ${divergence.upper.toPrecision(4)}; hard cases lost ${decision.missedHard.length}; worst ${delta.worst?.scenario ?? "none"}`,
    );
    sayField(result, io);
    for (const t of decision.steps.flatMap((s) => s.troubles)) io.out(`  ${t.code}: ${t.detail}`);
    io.out(`report ${html}`);
  }
  return decision.outcome === "promoted" ? EXIT.ok : EXIT.found;
}

function sayField({ evidence }: PromotionResult, io: Io): void {
  const recorded = evidence.measurements.filter((m) => m.field !== undefined);
  const worst = worstRecordingOf(evidence);
  if (recorded.length + evidence.leftOut.length === 0) return;
  const words = worst === null ? "none could be judged" : `worst ${worst.scenario}`;
  io.out(`field: ${recorded.length} recordings, ${evidence.leftOut.length} left out; ${words}`);
}

export const promoteHistoryCommand = command({
  words: ["promote", "history"],
  summary: "what was promoted, refused and rolled back",
  example: "cellgate promote history",
  options: { ...dataOption, ...jsonOption },
  async run(input, io) {
    const { history } = requireStore(input.values.data);
    if (input.values.json) io.out(JSON.stringify(history));
    else if (history.length === 0) io.out("Nothing was promoted or refused yet.");
    else
      for (const h of history)
        io.out(
          `${new Date(h.at / 1_000).toISOString()}  ${h.what.padEnd(12)} ${h.kind.padEnd(11)} ${h.artefact.slice(0, 16)}  ${h.code}  ${h.by}  ${h.detail}`,
        );
    return EXIT.ok;
  },
});

export const promoteShowCommand = command({
  words: ["promote", "show"],
  summary: "the figures behind a promotion or refusal",
  takes: "<first digits of the hash>",
  example: "cellgate promote show 4fe5…",
  options: { ...dataOption },
  async run(input, io) {
    const [wanted] = input.positionals;
    const store = requireStore(input.values.data);
    const entry = store.history.findLast((h) => wanted !== undefined && h.artefact.startsWith(wanted));
    if (entry === undefined) throw new UserError("no such artefact", "`cellgate promote history` lists them");
    io.out(
      JSON.stringify(
        store.history.filter((h) => h.artefact === entry.artefact),
        null,
        2,
      ),
    );
    const folder = join(input.values.data, "promotion", "reports");
    const reports = existsSync(folder)
      ? readdirSync(folder).filter((f) => f.startsWith(entry.artefact.slice(0, 16)))
      : [];
    const newest = reports
      .filter((f) => f.endsWith(".json"))
      .sort()
      .at(-1);
    if (newest !== undefined) {
      const { decision, metrics } = JSON.parse(readFileSync(join(folder, newest), "utf8")) as Record<
        string,
        unknown
      >;
      io.out(JSON.stringify({ decision, metrics }, null, 2));
    }
    for (const file of reports.sort()) io.out(join(folder, file));
    return EXIT.ok;
  },
});

export const promoteRollbackCommand = command({
  words: ["promote", "rollback"],
  summary: "take the last good artefact back into use",
  example:
    'cellgate promote rollback --deployment launch/demo-cell.yaml --because "too many stops on line 3"',
  options: {
    deployment: required(kinds.deploymentFile, "the cell", {
      missing: "no deployment file given",
      remedy: "name one, for example launch/demo-cell.yaml",
    }),
    kind: withDefault(kinds.choice(CANDIDATE_KINDS), "head", "which artefact"),
    because: required(kinds.because, "the reason; stands in the receipt", {
      missing: "no reason given",
      remedy: 'say why: --because "…"',
    }),
    as: optional(kinds.person, "who; stands in the receipt"),
    ...dataOption,
  },
  async run(input, io) {
    const { because, data: dir, kind } = input.values;
    return withLedger(dir, requireDeployment(input.values.deployment), async (receipt) => {
      const store = requireStore(dir);
      const from = store.active(kind);
      const code: Code = "ROLLBACK_BY_PERSON";
      const back = store.rollback(kind, { code, detail: because, by: byOf(input.values.as, io), at: now() });
      if (!back.ok) {
        io.err(`${codeEntry(back.error.code).title}: ${back.error.detail}`);
        return EXIT.found;
      }
      receipt({
        receipt_type: "rollback",
        from,
        to: back.value,
        code,
        reason: because,
        terms: { by: byOf(input.values.as, io) },
      });
      io.out(`Back to ${back.value.slice(0, 16)}. Restart the node to load it.`);
      return EXIT.ok;
    });
  },
});
export const PROMOTE_COMMANDS: readonly Command[] = [
  promoteCommand,
  promoteHistoryCommand,
  promoteShowCommand,
  promoteRollbackCommand,
];
