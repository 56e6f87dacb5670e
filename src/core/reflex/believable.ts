import { type Code, MAX_SCAN_RAYS, QUANTITIES, type Quantity, type Sample } from "../domain/index.ts";
import type { ChannelInfo, JudgeFactory } from "./rule.ts";

/** Quantities whose numbers can only be 0 or 1. */
const BINARY: ReadonlySet<Quantity> = new Set<Quantity>([
  "estop",
  "estopDual",
  "protectiveStop",
  "grip",
  "flag",
]);

interface Expectation {
  /** how many numbers; 0 until the first reading of a channel that decides its own length */
  width: number;
  /** how many of them have a believable range */
  ranged: number;
  readonly min: number;
  readonly max: number;
  readonly binary: boolean;
}

function expectationOf(channel: ChannelInfo, joints: number): Expectation {
  const { quantity, min, max } = channel.config;
  const fixed = QUANTITIES[quantity].width;
  const width =
    quantity === "joints"
      ? 3 * joints
      : quantity === "currents" || quantity === "jointErrors" || quantity === "jogCommand"
        ? joints
        : Math.max(0, fixed);
  return {
    width,
    // a range given for joints is one of angles, not of speeds and efforts
    ranged: quantity === "joints" ? joints : Number.POSITIVE_INFINITY,
    min: min ?? (quantity === "range" || quantity === "scan" ? 0 : Number.NEGATIVE_INFINITY),
    max: max ?? Number.POSITIVE_INFINITY,
    binary: BINARY.has(quantity),
  };
}

/** Refuses what no sensor can mean: NaN, infinity, a wrong length, a value outside the believable range. */
export const believable: JudgeFactory = {
  name: "believable",
  build: ({ deployment, channels }) => {
    const expected = channels.map((c) => expectationOf(c, deployment.robot.joints.length));
    return {
      name: "believable",
      codes: ["SAMPLE_NOT_FINITE", "SAMPLE_OUT_OF_RANGE", "SAMPLE_WRONG_LENGTH"],
      failing: "rejected",
      judge: (sample) => judge(sample, expected[sample.channel]!),
      explain: (sample, code) => explain(sample, code, expected[sample.channel]!),
    };
  },
};

function judge(sample: Sample, want: Expectation): Code | null {
  const values = sample.values;
  const n = values.length;
  if (n === 0 || n > MAX_SCAN_RAYS || (want.width !== 0 && n !== want.width)) return "SAMPLE_WRONG_LENGTH";
  const ranged = Math.min(n, want.ranged);
  for (let i = 0; i < ranged; i++) {
    const value = values[i]!;
    if (value >= want.min && value <= want.max && value - value === 0) continue;
    return value - value === 0 ? "SAMPLE_OUT_OF_RANGE" : "SAMPLE_NOT_FINITE";
  }
  for (let i = ranged; i < n; i++) if (values[i]! - values[i]! !== 0) return "SAMPLE_NOT_FINITE";
  if (want.binary)
    for (let i = 0; i < n; i++) if (values[i] !== 0 && values[i] !== 1) return "SAMPLE_OUT_OF_RANGE";
  // the first believable reading fixes the length: a scan that loses rays later is half blind
  if (want.width === 0) want.width = n;
  return null;
}

function explain({ values }: Sample, code: Code, want: Expectation): string {
  if (code === "SAMPLE_WRONG_LENGTH")
    return `expected ${want.width === 0 ? `1 to ${MAX_SCAN_RAYS}` : want.width} numbers, got ${values.length}`;
  const at = values.findIndex((v, i) =>
    code === "SAMPLE_NOT_FINITE"
      ? !Number.isFinite(v)
      : i < want.ranged && (v < want.min || v > want.max || (want.binary && v !== 0 && v !== 1)),
  );
  const range = want.binary ? "0 or 1" : `[${want.min}, ${want.max}]`;
  return `value ${at}: expected finite in ${range}, got ${values[at]}`;
}
