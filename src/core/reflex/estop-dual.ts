import { msToMicros } from "../domain/index.ts";
import { levelMargin } from "./margin.ts";
import type { ChannelInfo, Report, Rule, RuleFactory } from "./rule.ts";

/** Dual-channel e-stops after the usual table of safety input modules: on, off, and disagreement that may not last. */
export const estopDual: RuleFactory = {
  name: "estopDual",
  build: ({ deployment, channels }) =>
    deployment.rules.estop.monitored
      ? channels
          .filter((c) => c.config.quantity === "estopDual")
          .map((c) => {
            const own = deployment.rules.estop.dual[c.name];
            return dualRule(
              c,
              own?.wiring ?? "equivalent",
              msToMicros(own?.discrepancyMs ?? DEFAULT_DISCREPANCY_MS),
            );
          })
      : [],
};
const DEFAULT_DISCREPANCY_MS = 500;

/** What the pair reads; `offWord` is the pair at rest, both contacts open. */
type Pair = "on" | "off" | "disagree";
const pairOf = (wiring: "equivalent" | "complementary", a: number, b: number): Pair => {
  const bExpected = wiring === "equivalent" ? a : 1 - a;
  if (b !== bExpected) return "disagree";
  return a === 1 ? "on" : "off";
};

function dualRule(
  { name, index }: ChannelInfo,
  wiring: "equivalent" | "complementary",
  limitUs: number,
): Rule {
  let disagreeSince = -1;
  /** a fault ends only when both channels have been seen off together */
  let faulted = false;

  const judgeTime = (t: number, report: Report): void => {
    if (faulted || disagreeSince < 0 || t - disagreeSince < limitUs) return;
    faulted = true;
    report.raise(
      "ESTOP_DISCREPANCY",
      name,
      `channels A and B disagree for ${Math.round((t - disagreeSince) / 1_000)} ms`,
    );
  };
  const margin = levelMargin("ESTOP_PRESSED", name);
  return {
    name: `estopDual ${name}`,
    codes: ["ESTOP_PRESSED", "ESTOP_DISCREPANCY", "ESTOP_UNREADABLE"],
    listens: [index],
    takesDoubtful: true,
    margins: [margin],
    measure: ({ values }) => margin.see(pairOf(wiring, values[0]!, values[1]!) === "on" ? 1 : 0),
    onRestore(cause, report) {
      if (cause.code !== "ESTOP_DISCREPANCY" || cause.source !== name) return;
      faulted = true;
      report.raise("ESTOP_DISCREPANCY", name, cause.detail);
    },
    onSample(sample, around, report) {
      const pair = pairOf(wiring, sample.values[0]!, sample.values[1]!);
      if (pair !== "on" && !report.isActive("ESTOP_PRESSED", name))
        report.raise("ESTOP_PRESSED", name, `A ${sample.values[0]}, B ${sample.values[1]}`);
      if (pair === "disagree" && disagreeSince < 0) disagreeSince = sample.t;
      judgeTime(sample.t, report);
      if (around.doubtful) return;
      report.clear("ESTOP_UNREADABLE", name);
      if (pair === "disagree") return;
      disagreeSince = -1;
      if (pair === "on") return report.clear("ESTOP_PRESSED", name);
      faulted = false;
      report.clear("ESTOP_DISCREPANCY", name);
    },
    onFault(fault, around, report) {
      if (!around.doubtful) report.raise("ESTOP_UNREADABLE", name, `${fault.code}: ${fault.detail}`);
    },
    onTick: (t, _around, report) => judgeTime(t, report),
  };
}
