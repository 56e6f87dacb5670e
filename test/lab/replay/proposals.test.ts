import { SHARED } from "../../shared-data.ts";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDeployment } from "../../../src/node/deployment/index.ts";
import { inspectBag, PLAIN_REPLAY, proposeDeployment, replayOne } from "../../../src/lab/replay/index.ts";
import { openBag } from "../../../src/edge/recordings/index.ts";

const shared = resolve(SHARED, "rosbag2_resources");

/** Every recording of the folder: rosbag2 folders and the files in them. */
function recordings(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory())
      return [...(existsSync(join(path, "metadata.yaml")) ? [path] : []), ...recordings(path)];
    return /\.(mcap|db3)$/.test(name) ? [path] : [];
  });
}

describe("a proposed deployment works as it is", () => {
  test.skipIf(!existsSync(shared))(
    `for every real recording: it loads, and the recording is replayed with it${existsSync(shared) ? "" : " (skipped: the shared recordings are not beside this repository)"}`,
    async () => {
      const all = recordings(shared);
      expect(all.length).toBeGreaterThan(50);
      let judged = 0;
      for (const path of all) {
        const bag = await openBag(path);
        if (!bag.ok) throw new Error(bag.error);
        const text = proposeDeployment(inspectBag(bag.value, () => {}));
        bag.value.close();
        const loaded = parseDeployment(text, "proposed.yaml");
        expect(loaded.ok ? [] : loaded.problems, path).toEqual([]);
        const result = await replayOne(
          {
            bag: path,
            deployment: { text, file: "proposed.yaml" },
            ...PLAIN_REPLAY,
            version: "test",
          },
          () => {},
        );
        if (!result.ok) throw new Error(`${path}: ${result.error}`);
        expect(result.value.unreadable, path).toBe(0);
        expect(result.value.absent, path).toEqual([]);
        judged += result.value.messages;
      }
      // some hold numbers in messages that no quantity fits: they come in field by field
      expect(judged).toBeGreaterThan(0);
    },
    120_000,
  );
});
