import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { canonicalText } from "../../core/base/canonical.ts";
import { cut } from "../../core/base/text.ts";
import type { SignedRequests } from "../ports/index.ts";
import type { StateWriter } from "../files/index.ts";
import type { Sealing } from "./latched-file.ts";
import { sealed, unsealed } from "./state-key.ts";

/** ids that are remembered of one operator, the newest */
const IDS_MAX = 256;
const OPERATORS_MAX = 256;
const LANE = "requests";
const requestsFile = (dataDir: string): string => join(dataDir, "gate", "requests");

const record = z.strictObject({
  boot: z.number().int().nonnegative(),
  operators: z.record(
    z.string(),
    z.strictObject({ issuedAtUs: z.number(), ids: z.array(z.string()).max(IDS_MAX) }),
  ),
});
interface Made {
  issuedAtUs: number;
  ids: string[];
}

export interface SignedRequestsSetting {
  readonly dataDir: string;
  readonly instance: string;
  readonly by: Sealing;
  /** null: nothing is kept over this run */
  readonly writer: StateWriter | null;
  /** wall time, microseconds since 1970 */
  readonly wallUs: () => number;
  readonly onFailure: (active: boolean, detail: string) => void;
}

/**
 * What operators signed counts once. The time at which they signed is their counter: it never goes back, and it is kept with
 * the ids over a restart. The signed text names this start of this node besides, so that what was recorded before says nothing to it.
 */
export function openSignedRequests(setting: SignedRequestsSetting): SignedRequests {
  const { dataDir, instance, by, writer, wallUs, onFailure } = setting;
  const path = requestsFile(dataDir);
  const made = readMade(path, by.key);
  writer?.lane(LANE, (detail) => onFailure(detail !== null, cut(detail ?? "", 300)));
  const keep = (): void => {
    const text = canonicalText({ boot: by.boot, operators: Object.fromEntries(made) });
    writer?.put(LANE, { how: "whole", path, content: Buffer.from(sealed(by.key, text)) });
  };
  return {
    instance,
    wallUs,
    take(operator, requestId, issuedAtUs, maxAgeUs) {
      if (!(Math.abs(wallUs() - issuedAtUs) <= maxAgeUs)) return "issued too long ago, or the clocks differ";
      const before = made.get(operator) ?? { issuedAtUs: Number.NEGATIVE_INFINITY, ids: [] };
      if (before.ids.includes(requestId)) return "this request was made before";
      if (issuedAtUs < before.issuedAtUs) return `${operator} has signed something newer already`;
      made.delete(operator);
      made.set(operator, { issuedAtUs, ids: [...before.ids.slice(1 - IDS_MAX), requestId] });
      for (const oldest of made.keys()) {
        if (made.size <= OPERATORS_MAX) break;
        made.delete(oldest);
      }
      keep();
      return null;
    },
  };
}

/** What cannot be read is forgotten: the name of this start, which every signed text carries, is new all the same. */
function readMade(path: string, key: Uint8Array): Map<string, Made> {
  try {
    if (!existsSync(path)) return new Map();
    const line = unsealed(key, readFileSync(path, "utf8").trimEnd());
    if (line?.keyed !== true) return new Map();
    return new Map(Object.entries(record.parse(JSON.parse(line.text)).operators));
  } catch {
    return new Map();
  }
}
