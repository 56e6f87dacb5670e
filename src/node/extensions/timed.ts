import type { Guests, Rule } from "../../core/reflex/index.ts";

/** Measures what the rules of extensions take of a live node. `slow` hears of each rule once. */
export function timedGuests(
  guests: Guests,
  limitMs: number,
  slow: (extension: string, detail: string) => void,
): Guests {
  return {
    ...guests,
    rules: guests.rules.map(({ extension, factory }) => ({
      extension,
      factory: {
        name: factory.name,
        build: (setting) =>
          factory.build(setting).map((rule) => timed(rule, limitMs, (detail) => slow(extension, detail))),
      },
    })),
  };
}

const MEASURED = ["onStart", "onRestore", "onSample", "onFault", "onTick", "onHealth", "onActuator"] as const;
function timed(rule: Rule, limitMs: number, slow: (detail: string) => void): Rule {
  let told = false;
  const parts: Record<string, unknown> = {};
  for (const part of MEASURED) {
    const act = rule[part] as ((...args: unknown[]) => unknown) | undefined;
    if (act === undefined) continue;
    parts[part] = (...args: unknown[]): unknown => {
      const began = performance.now();
      try {
        return act.apply(rule, args);
      } finally {
        const tookMs = performance.now() - began;
        if (tookMs > limitMs && !told) {
          told = true;
          slow(
            `${rule.name}.${part} took ${tookMs.toFixed(0)} ms, at most ${limitMs.toFixed(0)} ms are allowed`,
          );
        }
      }
    };
  }
  return {
    name: rule.name,
    codes: rule.codes,
    listens: rule.listens,
    ...(rule.takesDoubtful && { takesDoubtful: true }),
    ...parts,
  };
}
