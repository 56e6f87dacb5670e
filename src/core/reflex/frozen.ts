import { isCommand, msToMicros, NO_SOURCE_SEQ, type Quantity, type Sample } from "../domain/index.ts";
import type { ChannelInfo, Report, Rule, RuleFactory } from "./rule.ts";

/** Quantities that rightly say the same for hours. Their stamps and counters must still move. */
const STEADY: ReadonlySet<Quantity> = new Set<Quantity>([
  "estop",
  "estopDual",
  "protectiveStop",
  "safetyMode",
  "grip",
  "flag",
]);

/** A source that keeps sending but whose values, stamp or counter stand still is dead behind its driver. */
export const frozen: RuleFactory = {
  name: "frozen",
  build: ({ channels }) =>
    channels.filter((c) => c.config.monitored && !isCommand(c.config.quantity)).map(frozenRule),
};

function frozenRule(channel: ChannelInfo): Rule {
  const { name, index, config } = channel;
  const code = config.required ? "SOURCE_FROZEN" : "OPTIONAL_SOURCE_FROZEN";
  const limitUs = msToMicros(config.frozenAfterMs);
  const steady = config.declaredConstant || STEADY.has(config.quantity);
  const still = new Stillness(config.stamped);
  let active = false;
  const say = (what: string, sinceUs: number, t: number, report: Report): void => {
    if (active) return;
    active = true;
    report.raise(code, name, `${what} the same for ${Math.round((t - sinceUs) / 1_000)} ms`);
  };
  return {
    name: `frozen ${name}`,
    codes: ["SOURCE_FROZEN", "OPTIONAL_SOURCE_FROZEN"],
    listens: [index],
    takesDoubtful: true,
    onSample(sample, around, report) {
      still.take(sample);
      const t = sample.t;
      if (!steady && t - still.valuesSince >= limitUs) say("values", still.valuesSince, t, report);
      else if (t - still.stampSince >= limitUs) say("stamp", still.stampSince, t, report);
      else if (t - still.seqSince >= limitUs) say("counter", still.seqSince, t, report);
      else if (active && !around.doubtful) {
        active = false;
        report.clear(code, name);
      }
    },
  };
}

/** Since when each part of a reading has been the same. */
class Stillness {
  valuesSince = 0;
  stampSince = 0;
  seqSince = 0;
  readonly #stamped: boolean;
  #values = new Float64Array(0);
  #stamp = -1;
  #seq = NO_SOURCE_SEQ;

  constructor(stamped: boolean) {
    this.#stamped = stamped;
  }

  take({ values, stamp, sourceSeq, t }: Sample): void {
    if (this.#moved(values)) {
      if (this.#values.length !== values.length) this.#values = new Float64Array(values.length);
      this.#values.set(values);
      this.valuesSince = t;
    }
    if (stamp !== this.#stamp || stamp < 0 || !this.#stamped) {
      this.#stamp = stamp;
      this.stampSince = t;
    }
    if (sourceSeq !== this.#seq || sourceSeq === NO_SOURCE_SEQ) {
      this.#seq = sourceSeq;
      this.seqSince = t;
    }
  }

  #moved(values: Float64Array): boolean {
    if (values.length !== this.#values.length) return true;
    for (let i = 0; i < values.length; i++) if (values[i] !== this.#values[i]) return true;
    return false;
  }
}
