import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { err, ok, type Result } from "../../src/core/base/result.ts";
import {
  type CellDescription,
  COMMAND_WIDTH,
  type EngineStart,
  FRAME,
  FRAME_WIDTH,
} from "../../src/core/physics/index.ts";
import { PLUGIN_FILE, findGazebo } from "../gazebo/prefix.ts";
import { type LockstepServer, startLockstep } from "../gazebo/lockstep-server.ts";
import { classicSdfOf } from "../worlds/classic.ts";

export type FrameCallback = (frame: Float64Array, scan: Float64Array) => void;

/** Gazebo 11 in lockstep. One server runs one trajectory after the other. */
export interface GazeboEngine {
  readonly version: string;
  /** puts everything at rest where the first command has it */
  start(start: EngineStart): Promise<void>;
  /** `rows` holds whole command rows; frames come back in order, each valid during its call */
  steps(rows: Float64Array, each: FrameCallback): Promise<void>;
  close(): Promise<void>;
}
const MAGIC = 0x43474c31;
const KIND = { start: 1, steps: 2 } as const;

export async function openGazebo(
  cell: CellDescription,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<GazeboEngine, string>> {
  const prefix = findGazebo(env);
  if (!prefix.ok) return prefix;
  const folder = mkdtempSync(join(tmpdir(), "cellgate-gz-"));
  const world = join(folder, "cell.world");
  writeFileSync(world, classicSdfOf(cell, PLUGIN_FILE));
  const server = await startLockstep(prefix.value, world, folder);
  if (!server.ok) {
    rmSync(folder, { recursive: true, force: true });
    return err(server.error);
  }
  const version = `${prefix.value.version} plugin ${prefix.value.pluginSource.slice(0, 16)}`;
  return ok(new Lockstep(server.value, cell.sensors.scan.rays, version, folder));
}

class Lockstep implements GazeboEngine {
  readonly version: string;
  readonly #server: LockstepServer;
  readonly #folder: string;
  readonly #frame = new Float64Array(FRAME_WIDTH);
  readonly #scan: Float64Array;

  constructor(server: LockstepServer, rays: number, version: string, folder: string) {
    this.#server = server;
    this.#scan = new Float64Array(rays);
    this.version = version;
    this.#folder = folder;
  }

  async start({ command, scanEvery }: EngineStart): Promise<void> {
    this.#server.send(header(KIND.start, 0, scanEvery), bytesOf(command));
    const ready = await this.#server.receive(8);
    if (ready.readUInt32LE(0) !== MAGIC || ready.readUInt32LE(4) !== KIND.start)
      throw new Error("Gazebo answers something else than ready");
  }

  async steps(rows: Float64Array, each: FrameCallback): Promise<void> {
    const count = rows.length / COMMAND_WIDTH;
    this.#server.send(header(KIND.steps, count, 0), bytesOf(rows));
    for (let i = 0; i < count; i++) {
      copy(await this.#server.receive(8 * FRAME_WIDTH), this.#frame);
      if (this.#frame[FRAME.scanned] === 1)
        copy(await this.#server.receive(8 * this.#scan.length), this.#scan);
      each(this.#frame, this.#scan);
    }
  }

  async close(): Promise<void> {
    await this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function header(kind: number, count: number, scanEvery: number): Buffer {
  const out = Buffer.alloc(16);
  out.writeUInt32LE(MAGIC, 0);
  out.writeUInt32LE(kind, 4);
  out.writeUInt32LE(count, 8);
  out.writeUInt32LE(scanEvery, 12);
  return out;
}
const bytesOf = (row: Float64Array): Uint8Array => new Uint8Array(row.slice().buffer);
function copy(from: Buffer, to: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] = from.readDoubleLE(8 * i);
}
