import { createPrivateKey, createPublicKey } from "node:crypto";
import { openCellLink } from "../../src/fleet/index.ts";

/** One cell of the fleet as a process of its own: what the parent asks stands in the environment. */
const env = (name: string): string => process.env[name] ?? "";
const say = (what: object): void => void process.send?.(what);
const link = openCellLink({
  url: env("URL_"),
  base: "plant",
  fleet: "line",
  cell: env("CELL"),
  fleetKey: createPublicKey(env("FLEET_KEY")),
  cellKey: createPrivateKey(env("CELL_KEY")),
  holds: env("HOLDS"),
  reportEveryMs: 100,
  apply: () => env("BROKEN") !== "yes",
  killed: (state) => say({ kind: "killed", ...state, at: Date.now() }),
  persist: () => {},
  counts: () => ({ decisions: 100, failures: 0 }),
  refused: (code) => say({ kind: "refused", code }),
});
process.on("disconnect", () => void link.close().then(() => process.exit(0)));
