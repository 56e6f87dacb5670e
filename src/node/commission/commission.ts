import { createHash, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { createKinematics } from "../../core/robot/index.ts";
import { newestKey } from "../../edge/ledger/index.ts";
import type { Composition } from "../compose.ts";
import { type GoodConfig, readDeploymentFiles } from "../deployment/index.ts";
import { guardTable, runCell, requireDeployment, type RunRequest } from "../run/index.ts";
import { programVersion } from "../version.ts";
import { CommissionBench, type Doer, simulatedDoer } from "./bench.ts";
import { faultsOf, type Measured, type StepResult } from "./figures.ts";
import { commissionFolder, keepStep, keptSteps } from "./keep.ts";
import { commissionReport } from "./report.ts";
import { type CommissionStep, commissionSteps } from "./steps.ts";

export interface CommissionRequest {
  readonly deployment: string;
  readonly dataDir: string;
  /** the operator who carries it out */
  readonly as: string;
  readonly repeats: number;
  readonly simulate: boolean;
  readonly faults: readonly string[];
  /** only steps whose name contains this */
  readonly only: string | undefined;
  readonly seed?: number;
  /** the person at the machine; a simulated cell has a hand of its own */
  readonly doer: Doer | null;
  readonly signal: AbortSignal;
  say(line: string): void;
}
export interface CommissionEnd {
  readonly report: string;
  readonly signature: string;
  readonly done: number;
  readonly left: number;
  readonly failed: readonly string[];
}

const STEP_PERIOD_MS = 5;
const SIMULATED_PATIENCE_US = 25_000_000;
const LIVE_PATIENCE_US = 180_000_000;
const PUSH_SHARE = 1.3;
/** a simulated acceptance that hangs ends by itself */
const SIMULATED_END_MS = 4 * 3_600_000;

/** Guides through the acceptance of a cell: takes what is left of it, measures, and writes the signed report. */
export async function commission(request: CommissionRequest): Promise<CommissionEnd> {
  const config = requireDeployment(request.deployment);
  const dataDir = resolve(request.dataDir);
  const steps = commissionSteps(config.deployment).filter(
    (step) => request.only === undefined || step.id.includes(request.only),
  );
  const kept = keptSteps(dataDir, config.hash);
  const left = steps.filter((step) => (kept.get(step.id)?.measured.length ?? 0) < request.repeats);
  request.say(`${steps.length} steps, ${steps.length - left.length} done before, ${left.length} left`);
  const reported = new Map<string, StepResult>(kept);
  if (left.length > 0) await take(request, config, dataDir, left, reported);
  return written(request, config, dataDir, steps, reported);
}

async function take(
  request: CommissionRequest,
  config: GoodConfig,
  dataDir: string,
  left: readonly CommissionStep[],
  reported: Map<string, StepResult>,
): Promise<void> {
  const over = new AbortController();
  const run: RunRequest = {
    deployment: config,
    dataDir,
    signal: AbortSignal.any([request.signal, over.signal]),
    ...(request.seed !== undefined && { seed: request.seed }),
    ...(request.simulate && {
      simulate: { faults: request.faults, tour: false },
      speed: "max" as const,
      lengthMs: SIMULATED_END_MS,
    }),
  };
  await runCell(
    run,
    () => null,
    (parts) => {
      const bench = createBench(request, config, parts, left, (step, measured) => {
        const result: StepResult = {
          id: step.id,
          configHash: config.hash,
          at: parts.node.cell.wall(parts.clock.now()),
          measured,
          receipt: `commission-${parts.ledger.recovered.boot}-${step.id.replaceAll(" ", "-")}`,
        };
        leaveReceipt(request, parts, result, config);
        keepStep(dataDir, result);
        reported.set(step.id, result);
        request.say(
          `${step.id}: ${faultsOf(result, request.repeats, config.deployment.robot).join("; ") || "passed"}`,
        );
      });
      parts.recorders.push((event) => bench.hear(event));
      const move = (): void => {
        bench.step(parts.clock.now());
        if (bench.done && !over.signal.aborted) over.abort("commissioning is over");
      };
      const own = parts.simulated?.world.own;
      if (own !== undefined) own.after = move;
      else {
        const timer = setInterval(
          () => (run.signal?.aborted === true ? clearInterval(timer) : move()),
          STEP_PERIOD_MS,
        );
        timer.unref();
      }
    },
  );
}

function createBench(
  request: CommissionRequest,
  { deployment }: GoodConfig,
  parts: Composition,
  left: readonly CommissionStep[],
  finished: (step: CommissionStep, measured: readonly Measured[]) => void,
): CommissionBench {
  const own = parts.simulated?.world.own;
  const doer =
    own === undefined
      ? request.doer
      : simulatedDoer(
          own.hand,
          own.spots,
          (share) => own.pace(share),
          (rule) => PUSH_SHARE * (deployment.rules.force[rule]?.maxForceN ?? 0),
        );
  if (doer === null) throw new RangeError("a real cell needs a person at the machine");
  const files = readDeploymentFiles(parts.options.config);
  return new CommissionBench(
    {
      node: parts.node,
      kinematics: createKinematics(deployment.robot, files.ok ? files.value.urdf : undefined),
      doer,
      as: request.as,
      repeats: request.repeats,
      patienceUs: own === undefined ? LIVE_PATIENCE_US : SIMULATED_PATIENCE_US,
      finished,
    },
    left,
  );
}

/** Each step is a receipt of an audit: what was tried, every figure, whether it passed. */
function leaveReceipt(
  { as, repeats, simulate }: CommissionRequest,
  { node, ledger }: Composition,
  result: StepResult,
  { deployment }: GoodConfig,
): void {
  ledger.append({
    receipt_id: result.receipt ?? result.id,
    at: result.at,
    cell: deployment.cell,
    config_hash: node.configHash,
    body: {
      receipt_type: "audit",
      subject: `commission: ${result.id}`.slice(0, 256),
      findings: result.measured.map((m) => ({ ...m, simulated: simulate, deployment: result.configHash })),
      passed: faultsOf(result, repeats, deployment.robot).length === 0,
      by: as,
    },
  });
}

/** The report beside the results, signed with the key of the cell's ledger. */
function written(
  request: CommissionRequest,
  config: GoodConfig,
  dataDir: string,
  steps: readonly CommissionStep[],
  results: ReadonlyMap<string, StepResult>,
): CommissionEnd {
  const files = readDeploymentFiles(config);
  const { deployment, hash, file } = config;
  const html = commissionReport({
    deployment,
    file,
    configHash: hash,
    simulated: request.simulate,
    version: programVersion(),
    by: request.as,
    at: new Date().toISOString(),
    repeats: request.repeats,
    machine: hostname(),
    steps,
    results,
    guards: guardTable(deployment, files.ok ? files.value : {}),
  });
  const report = join(commissionFolder(dataDir), "report.html");
  writeFileSync(report, html);
  const key = newestKey(dataDir);
  const signature = sign(null, Buffer.from(html), key.privateKey).toString("hex");
  const signed = {
    schema: "cellgate.signed-report/1",
    sha256: createHash("sha256").update(html).digest("hex"),
    public_key: Buffer.from(key.publicKey).toString("hex"),
    signature,
  };
  writeFileSync(`${report}.sig`, `${JSON.stringify(signed)}\n`);
  const taken = steps.filter((step) => results.has(step.id));
  return {
    report,
    signature: `${report}.sig`,
    done: taken.length,
    left: steps.length - taken.length,
    failed: taken
      .filter((step) => faultsOf(results.get(step.id)!, request.repeats, deployment.robot).length > 0)
      .map((step) => step.id),
  };
}
