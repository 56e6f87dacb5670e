import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { openBag } from "../../src/edge/recordings/index.ts";
import { inspectBag, PLAIN_REPLAY, proposeDeployment, replayOne } from "../../src/lab/replay/index.ts";
import { parseDeployment } from "../../src/node/deployment/index.ts";

export interface BagOutcome {
  readonly bag: string;
  /** "replayed": something of it was judged; "nothing": read whole, but the node reads none of its topics */
  readonly came: "replayed" | "nothing" | "failed";
  readonly words: string;
}

/** Every recording below a folder: opened, inspected, a deployment proposed, loaded and replayed. */
export async function* bagOutcomes(folder: string): AsyncGenerator<BagOutcome> {
  for (const path of recordingsBelow(folder)) {
    const bag = relative(folder, path);
    try {
      yield { bag, ...(await outcomeOf(path)) };
    } catch (cause) {
      yield { bag, came: "failed", words: `threw: ${(cause as Error).message}` };
    }
  }
}
async function outcomeOf(path: string): Promise<Omit<BagOutcome, "bag">> {
  const opened = await openBag(path);
  if (!opened.ok) return { came: "failed", words: `not read: ${opened.error}` };
  const inspection = inspectBag(opened.value, () => {});
  opened.value.close();
  const text = proposeDeployment(inspection);
  const loaded = parseDeployment(text, "proposed.yaml");
  if (!loaded.ok)
    return { came: "failed", words: `proposal does not load: ${JSON.stringify(loaded.problems[0])}` };
  const channels = Object.keys(loaded.deployment.channels).length;
  const setting = { ...PLAIN_REPLAY, version: "bench", deployment: { text, file: "proposed.yaml" } };
  const replayed = await replayOne({ bag: path, ...setting }, () => {});
  if (!replayed.ok) return { came: "failed", words: `not replayed: ${replayed.error}` };
  const { messages, absent, unreadable } = replayed.value;
  const good = absent.length === 0 && unreadable <= channels;
  return {
    came: !good ? "failed" : channels === 0 || messages === 0 ? "nothing" : "replayed",
    words: `${inspection.messages} messages, ${channels} channels proposed, ${messages} replayed, ${unreadable} unreadable${absent.length > 0 ? `, absent: ${absent.join(", ")}` : ""}${channels === 0 ? "; nothing in it that the node reads" : ""}`,
  };
}
function recordingsBelow(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (!statSync(path).isDirectory()) return /\.(bag|mcap|db3)(\.(zstd|zst))?$/.test(name) ? [path] : [];
      return readdirSync(path).includes("metadata.yaml") ? [path] : recordingsBelow(path);
    });
}
