import type { TransportContext } from "../../ports/index.ts";
import type { Rcl, RclNode, RclParameter } from "./rcl.ts";
import type { Ros2Settings } from "./settings.ts";

export interface LivePeriods {
  diagnosticsMs: number;
  graphMs: number;
}
interface Bounds {
  readonly from: number;
  readonly to: number;
}
const PERIODS: Readonly<Record<keyof LivePeriods, Bounds & { name: string; description: string }>> = {
  diagnosticsMs: {
    name: "diagnostics_period_ms",
    from: 100,
    to: 60_000,
    description: "Period of /diagnostics in milliseconds.",
  },
  graphMs: {
    name: "graph_period_ms",
    from: 20,
    to: 5_000,
    description: "How often publishers are looked at, in milliseconds.",
  },
};

/**
 * Parameters for people to read, and two periods that change nothing about safety. Everything else is the
 * deployment's: it is changed there, with its hash and its receipt, and not over an unauthenticated wire.
 */
export function declareParameters(
  rcl: Rcl,
  node: RclNode,
  settings: Ros2Settings,
  context: TransportContext,
  changed: (periods: Partial<LivePeriods>) => void,
): void {
  const { PARAMETER_STRING, PARAMETER_INTEGER } = rcl.ParameterType;
  const fixed = (name: string, value: string, description: string): void => {
    const descriptor = new rcl.ParameterDescriptor(name, PARAMETER_STRING, description, true);
    node.declareParameter(new rcl.Parameter(name, PARAMETER_STRING, value), descriptor);
  };
  fixed("cell", context.cell, "Name of the cell. Set by the deployment.");
  fixed(
    "config_hash",
    context.configHash,
    "Hash of the deployment that runs. A receipt carries the same one.",
  );
  fixed(
    "release",
    settings.release,
    "Who may reset, resume, approve or switch a stage over ROS. Set by the deployment.",
  );
  fixed(
    "safety_notice",
    "not a safety-rated device",
    "A category 0 e-stop stays hardwired; this node observes it.",
  );
  for (const key of ["diagnosticsMs", "graphMs"] as const) {
    const { name, from, to, description } = PERIODS[key];
    // rclnodejs 2.2 enforces a range but does not tell it to others: the words do
    const words = `${description} From ${from} to ${to}.`;
    const range = new rcl.IntegerRange(BigInt(from), BigInt(to), 1n);
    const descriptor = new rcl.ParameterDescriptor(name, PARAMETER_INTEGER, words, false, range);
    node.declareParameter(new rcl.Parameter(name, PARAMETER_INTEGER, BigInt(settings[key])), descriptor);
  }
  node.addOnSetParametersCallback((parameters) => judge(parameters, changed));
}

function judge(
  parameters: readonly RclParameter[],
  changed: (periods: Partial<LivePeriods>) => void,
): { successful: boolean; reason: string } {
  const periods: Partial<LivePeriods> = {};
  for (const parameter of parameters) {
    const key = (["diagnosticsMs", "graphMs"] as const).find((k) => PERIODS[k].name === parameter.name);
    if (key === undefined) return { successful: false, reason: `${parameter.name} is set by the deployment` };
    const value = Number(parameter.value);
    const { from, to } = PERIODS[key];
    if (!Number.isInteger(value) || value < from || value > to)
      return {
        successful: false,
        reason: `${parameter.name}: expected ${from} to ${to}, got ${String(parameter.value)}`,
      };
    periods[key] = value;
  }
  changed(periods);
  return { successful: true, reason: "" };
}
