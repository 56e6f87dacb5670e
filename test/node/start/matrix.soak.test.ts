import { spawnSync } from "node:child_process";
import { appendFileSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NodeStatus } from "../../../src/core/domain/index.ts";
import { runCell } from "../../../src/node/run/run-cell.ts";

/**
 * Requirement 32: a start always arrives, blocked, with a code and a status that can be reached, whatever the files of the data
 * folder are like. Real files, real disks (small ones in memory), a real node with its page.
 */
const unmount: string[] = [];
const home = mkdtempSync(join(tmpdir(), "cellgate-start-"));
const cell = join(home, "cell.yaml");
const healthy = join(home, "healthy");
writeFileSync(
  cell,
  `cellgate: 1
cell: press
robot:
  name: loader
  massMovingKg: 20
  payloadKg: 3
  stopTimeMs: 250
  stopDistanceM: 0.12
  maxToolSpeedMPerS: 1.2
  positionUncertaintyM: 0.01
  joints: [{ name: shoulder, minRad: -3, maxRad: 3, maxRadPerS: 2, maxRadPerS2: 10 }]
  kinematics: { dh: [{ aM: 0.4, alphaRad: 0, dM: 0.2 }] }
transports:
  plant: { kind: mqtt, url: "mqtt://127.0.0.1:9", base: acme, unprotected: { panel: an honest plant in a test } }
channels:
  panel: { quantity: estop, transport: plant, address: ~/panel, maxAgeMs: 3000, minRateHz: 1, declaredConstant: true }
  joints: { quantity: joints, transport: plant, address: ~/joints, maxAgeMs: 3000, minRateHz: 1, declaredConstant: true }
actuators: { drive: { kind: command, transport: plant, address: ~/command/drive, confirmMs: 5000 } }
operators: [{ name: anna, roles: [reset, resume, acknowledge, kill] }]
rules: {}
self: { reactionTimeMs: 1000, maxLoopLagMs: 5000 }
control: { port: 0 }
`,
);

interface Arrived {
  readonly said: string[];
  codes(): string[];
  status(): NodeStatus;
  /** what the page answers over its real socket */
  health(): Promise<{ alive: boolean; state: string; may_move: boolean }>;
  end(): Promise<void>;
}
async function start(dataDir: string, port = 0): Promise<Arrived> {
  const end = new AbortController();
  const said: string[] = [];
  let status: (() => NodeStatus) | null = null;
  const page = Promise.withResolvers<string>();
  const run = runCell(
    {
      deployment: cell,
      dataDir,
      port,
      signal: end.signal,
      follow: (life) => {
        status = life.status;
        return { say: (line) => void said.push(line), page: (url) => page.resolve(url) };
      },
    },
    () => null,
  );
  run.catch(page.reject);
  const arrived: Arrived = {
    said,
    status: () => status!(),
    codes: () => status!().causes.map(({ code }) => code),
    health: async () => (await (await fetch(`${await page.promise}/healthz`)).json()) as never,
    async end() {
      end.abort("the test is over");
      await run;
    },
  };
  if (port === 0) await page.promise;
  return arrived;
}
async function until(what: string, of: () => boolean): Promise<void> {
  for (let tries = 0; !of(); tries++) {
    if (tries > 1_500) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
let count = 0;
const copy = (): string => {
  const dir = join(home, `case-${count++}`);
  cpSync(healthy, dir, { recursive: true });
  return dir;
};
/** A file or folder that is there under its name and is of the wrong kind: nobody can read it as what it should be. */
const turned = (...path: string[]) => {
  return (dir: string): void => {
    const at = join(dir, ...path);
    rmSync(at, { recursive: true, force: true });
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, "in the way"), "");
  };
};
const garbage = (...path: string[]) => {
  return (dir: string): void => {
    mkdirSync(join(dir, ...path.slice(0, -1)), { recursive: true });
    rmSync(join(dir, ...path), { recursive: true, force: true });
    writeFileSync(join(dir, ...path), "no file of ours", { mode: 0o600 });
  };
};
const shard = ["ledger", "shard-000000.sqlite"] as const;
const changed = (dir: string, sql: string): void => {
  const db = new Database(join(dir, ...shard));
  db.pragma("user_version = 99");
  db.exec(sql);
  db.close();
};

/** several at once, where each has a word of its own */
const all = (...damages: readonly ((dir: string) => void)[]) => {
  return (dir: string): void => {
    for (const damage of damages) damage(dir);
  };
};

const MATRIX: readonly (readonly [string, (dir: string) => void, readonly string[]])[] = [
  ["the shard is garbage", garbage(...shard), ["LEDGER_UNTRUSTED"]],
  [
    "the shard is of another version",
    (dir) => changed(dir, "ALTER TABLE entry ADD more TEXT"),
    ["LEDGER_UNTRUSTED"],
  ],
  ["the ledger is a file", garbage("ledger"), ["LEDGER_UNAVAILABLE"]],
  ["the latches are a folder", turned("ledger", "latched"), ["LEDGER_UNAVAILABLE"]],
  ["the number of the start is a folder", turned("ledger", "boot"), ["LEDGER_UNAVAILABLE"]],
  [
    "keys, latches, stage, tokens and artefacts are garbage",
    all(
      garbage("ledger", "keys", "kept-state.key"),
      garbage("ledger", "latched"),
      garbage("gate", "stage"),
      garbage("control-tokens.json"),
      garbage("promotion", "state.json"),
    ),
    ["LEDGER_STATE_LOST", "CONTROL_TOKENS_LOST", "ARTEFACT_NONE_GOOD"],
  ],
  [
    "folders in the place of files, and files in the place of folders",
    all(
      turned("plant.outbox.db"),
      turned("control-tokens.json"),
      turned("gate", "stage"),
      garbage("black-box"),
    ),
    ["MQTT_OUTBOX_BEHIND", "CONTROL_TOKENS_LOST", "LEDGER_STATE_LOST"],
  ],
];

const canMount = process.getuid?.() === 0;
function disk(name: string, size: string): string | null {
  const at = join(home, name);
  mkdirSync(at);
  if (!canMount || spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", at]).status !== 0)
    return null;
  unmount.push(at);
  return at;
}

describe("a start always arrives, blocked and with a code", () => {
  beforeAll(async () => {
    const first = await start(healthy);
    expect(first.codes().filter((code) => code.startsWith("LEDGER_"))).toEqual([]);
    await first.end();
  }, 60_000);
  afterAll(() => {
    for (const at of unmount) spawnSync("umount", ["-l", at]);
    rmSync(home, { recursive: true, force: true });
  });

  /** it stands, it says why, its page answers over a socket, and what it said is no trace of a stack */
  const arrives = async (node: Arrived, wanted: readonly string[]): Promise<void> => {
    expect(await node.health()).toMatchObject({ alive: true, may_move: false });
    for (const code of wanted)
      await until(`${code} among ${node.codes().join(", ")}`, () => node.codes().includes(code));
    expect(node.said.join("\n")).not.toMatch(/^\s+at /m);
    await node.end();
  };

  test.each(MATRIX)(
    "%s",
    async (_name, damage, codes) => {
      const dir = copy();
      damage(dir);
      await arrives(await start(dir), codes);
    },
    60_000,
  );

  test("the disk is full, or read-only, with a node's files on it and without", async (context) => {
    const full = disk("full", "3m");
    const locked = disk("read-only", "8m");
    if (full === null || locked === null) return context.skip("needs the right to mount a small file system");
    cpSync(healthy, locked, { recursive: true });
    spawnSync("mount", ["-o", "remount,ro", locked]);
    try {
      for (;;) appendFileSync(join(full, "filler"), Buffer.alloc(4_096));
    } catch {
      // no byte is free any more
    }
    await arrives(await start(full), ["LEDGER_UNAVAILABLE"]);
    await arrives(await start(locked), ["LEDGER_UNAVAILABLE"]);
  }, 120_000);

  test("another program holds the shard locked: held, and begun anew with the ledger when it lets go", async () => {
    const dir = copy();
    const other = new Database(join(dir, ...shard));
    other.exec("BEGIN EXCLUSIVE");
    const node = await start(dir);
    await until("held without a ledger", () => node.codes().includes("LEDGER_UNAVAILABLE"));
    expect(node.status().may_move).toBe(false);
    other.exec("COMMIT");
    other.close();
    await until("begun anew", () => node.status().boot > 0);
    expect(node.codes()).not.toContain("LEDGER_UNAVAILABLE");
    await node.end();
  }, 120_000);

  test("the port of the page is taken: the node is there, and the page comes when the port is free", async () => {
    const other: Server = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, "127.0.0.1", () => resolve((other.address() as { port: number }).port)),
    );
    const node = await start(copy(), port);
    await until("told", () => node.said.some((line) => line.includes("PAGE_UNAVAILABLE")));
    await until("a code", () => node.codes().includes("PAGE_UNAVAILABLE"));
    await new Promise((resolve) => other.close(resolve));
    await until("the page", () => !node.codes().includes("PAGE_UNAVAILABLE"));
    expect(await node.health()).toMatchObject({ alive: true });
    await node.end();
  }, 60_000);

  test("a folder that another node writes to, or of another user, ends the start in plain words", async () => {
    const dir = copy();
    const first = await start(dir);
    await expect(start(dir)).rejects.toThrow(/another node is running/);
    await first.end();
    if (process.getuid?.() !== 0) return;
    for (const path of ["", "ledger/latched", "gate"]) {
      const foreign = copy();
      mkdirSync(join(foreign, "gate"), { recursive: true });
      chownSync(join(foreign, path), 65_534, 65_534);
      await expect(start(foreign), path).rejects.toThrow(/belongs to another user/);
    }
  }, 60_000);
});
