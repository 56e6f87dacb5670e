import type { BagLosses } from "../edge/recordings/index.ts";

/** JSON leaves the program in snake_case; names that people chose (channels, codes) stay as they are. */
export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snake(key), snakeKeys(inner)]));
}
const snake = (key: string): string =>
  /^[a-z]/.test(key) ? key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`) : key;
/** The way back, for files that `--json` wrote. */
export function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/(?<=[a-z])_([a-z])/g, (_, c: string) => c.toUpperCase()),
      camelKeys(inner),
    ]),
  );
}

const SHOWN = 8;
/** What was lost, in a few lines; nothing for a recording without damage. */
export function lossLines(losses: BagLosses): string[] {
  const lines: string[] = [];
  if (losses.count > 0) {
    lines.push(
      `Damage: ${losses.count} place${losses.count === 1 ? "" : "s"}, ${losses.bytes.toLocaleString("en-US")} bytes not used`,
    );
    for (const loss of losses.listed.slice(0, SHOWN)) {
      const chunk = loss.chunk < 0 ? "" : `, chunk ${loss.chunk}`;
      const span =
        loss.fromMicros >= 0 && loss.toMicros >= 0
          ? `, ${((loss.toMicros - loss.fromMicros) / 1e6).toFixed(3)} s of messages`
          : "";
      lines.push(`  ${loss.kind}: ${loss.detail} (bytes ${loss.fromByte}–${loss.toByte}${chunk}${span})`);
    }
    if (losses.count > SHOWN) lines.push(`  … and ${losses.count - SHOWN} more; --json lists them`);
  }
  if (losses.unprotected > 0)
    lines.push(`No checksum covers ${losses.unprotected.toLocaleString("en-US")} messages of it`);
  return lines;
}
