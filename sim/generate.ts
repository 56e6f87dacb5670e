import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { err, ok, type Result } from "../src/core/base/result.ts";
import {
  type BatchOf,
  graphOfMany,
  type ManyEnd,
  runMany,
  type RunManySetting,
} from "../src/edge/scale/index.ts";
import { RunBag } from "./bag.ts";
import type { CellDescription, EngineName } from "../src/core/physics/index.ts";
import { happened, labelOf } from "./label.ts";
import {
  type BagRow,
  type Manifest,
  MANIFEST_FORMAT,
  readManifest,
  sealed,
  writeManifest,
} from "./manifest.ts";
import { openEngine, type SimEngine } from "./open-engine.ts";
import type { Scenario } from "./scenario.ts";
import { cellHash, scenarioHash, sha256 } from "./world-hash.ts";

export interface GenerateRequest {
  readonly cell: CellDescription;
  readonly engine: EngineName;
  readonly scenarios: readonly Scenario[];
  readonly folder: string;
  /** what was asked for, in words; another request does not go on with these bags */
  readonly request: string;
  readonly seed: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly progress: (done: number, what: string) => void;
  /** where a run of many is started, and by whom; absent: here, in steps */
  readonly many?: Pick<RunManySetting<Scenario>, "killFile" | "allAtOnce" | "say">;
}
export interface GenerateReport {
  /** how the run of many ended; null: there was one scenario */
  readonly end: ManyEnd | null;
  readonly manifest: Manifest;
  /** bags that lay there finished from before */
  readonly kept: number;
  readonly interrupted: boolean;
}
/** An engine that dies so often in a row is not started again. */
const RESTARTS_MAX = 3;
/** a scenario of a few seconds and an engine, rounded up */
const BAG_BYTES = 4 * 1_048_576;
const ENGINE_BYTES = 512 * 1_048_576;

/** Records every scenario as a labelled bag. Finished bags of an interrupted run are kept; what fails is listed and left out. */
export async function generateBags(request: GenerateRequest): Promise<Result<GenerateReport, string>> {
  mkdirSync(request.folder, { recursive: true });
  const before = readManifest(request.folder);
  if (!before.ok) return err(`${before.error}; choose another folder or delete it`);
  const opened = await openEngine(request.engine, request.cell, request.env);
  if (!opened.ok) return err(opened.error);
  const batch = new Batch(request, opened.value);
  const refused = before.value === null ? null : batch.adopt(before.value);
  if (refused !== null) {
    await opened.value.close();
    return err(refused);
  }
  for (const entry of readdirSync(request.folder, { withFileTypes: true }))
    if (entry.isFile() && entry.name.endsWith(".part")) rmSync(join(request.folder, entry.name));
  try {
    await batch.run();
  } catch (cause) {
    return err(
      `the list of bags in ${request.folder} cannot be written: ${(cause as Error).message}; make room and start again, finished bags are kept`,
    );
  } finally {
    await batch.close();
  }
  return ok(batch.report());
}

class Batch {
  readonly #request: GenerateRequest;
  readonly #rows = new Map<string, BagRow>();
  readonly #failed: { scenario: string; error: string }[] = [];
  readonly #version: string;
  #end: ManyEnd | null = null;
  #engine: SimEngine | null;
  #deaths = 0;
  #kept = 0;
  #done = 0;
  #interrupted = false;

  constructor(request: GenerateRequest, engine: SimEngine) {
    this.#request = request;
    this.#engine = engine;
    this.#version = engine.version;
  }

  /** takes over what an earlier run finished; words when that was another run */
  adopt(manifest: Manifest): string | null {
    const { request, engine, cell } = this.#request;
    const same =
      manifest.request === request &&
      manifest.engine === engine &&
      manifest.engine_version === this.#version &&
      manifest.cell_sha256 === cellHash(cell);
    if (!same)
      return `${this.#request.folder} holds bags of another run (${manifest.engine} ${manifest.engine_version}: ${manifest.request}); choose another folder`;
    const wanted = new Map(
      this.#request.scenarios.map((scenario) => [fileOf(scenario), scenarioHash(scenario)]),
    );
    for (const row of manifest.bags) {
      const path = join(this.#request.folder, row.file);
      const whole =
        wanted.get(row.file) === row.scenario_sha256 &&
        existsSync(path) &&
        sha256(readFileSync(path)) === row.sha256;
      if (whole) this.#rows.set(row.file, row);
    }
    this.#kept = this.#rows.size;
    return null;
  }

  async run(): Promise<void> {
    const { scenarios, signal, many } = this.#request;
    const items = scenarios.map((scenario) => ({ name: scenario.name, item: scenario }));
    if (scenarios.length === 1) await this.#take(items, () => {}, signal);
    else
      this.#end = await runMany({
        what: "sim generate",
        items,
        graph: graphOfMany({
          what: "sim generate",
          items: items.length,
          threads: 1,
          reads: [],
          writes: this.#request.folder,
          bytesPerItem: BAG_BYTES,
          memoryPerThread: ENGINE_BYTES,
        }),
        signal,
        batch: (batch, ended, stop) => this.#take(batch, ended, stop),
        killFile: resolve("cellgate.stop"),
        ...many,
      });
    this.#interrupted = signal.aborted || this.#end?.state === "killed";
    if (this.#end !== null && this.#end.state !== "done" && !this.#interrupted)
      this.#listUntried(this.#end.why);
    writeManifest(this.#request.folder, this.#manifest());
  }
  /** A run that ended early names all that it did not come to. */
  #listUntried(why: string): void {
    const tried = new Set(this.#failed.map(({ scenario }) => scenario));
    for (const scenario of this.#request.scenarios)
      if (!this.#rows.has(fileOf(scenario)) && !tried.has(scenario.name))
        this.#failed.push({ scenario: scenario.name, error: `not tried: ${why}` });
  }
  /** One after the other; a bag that lies there from before counts as made. */
  async #take(...[batch, ended, signal]: Parameters<BatchOf<Scenario>>): Promise<void> {
    for (const { name, item: scenario } of batch) {
      if (signal.aborted) return;
      const failures = this.#failed.length;
      if (!this.#rows.has(fileOf(scenario))) {
        await this.#one(scenario);
        writeManifest(this.#request.folder, this.#manifest());
      }
      this.#request.progress(++this.#done, name);
      const error = this.#failed[failures]?.error ?? null;
      ended(name, { failure: error, load: this.#rows.get(fileOf(scenario))?.bytes ?? 0 });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async close(): Promise<void> {
    await this.#engine?.close();
  }

  async #one(scenario: Scenario): Promise<void> {
    let bag: RunBag | null = null;
    try {
      const engine = await this.#living();
      const path = join(this.#request.folder, fileOf(scenario));
      const writing = new RunBag(path, this.#request.cell);
      bag = writing;
      let now = 0;
      const truth = await engine.record(scenario, {
        reading: (channel, values, _count, stampUs) => writing.reading(channel, values, now, stampUs),
        step(nowUs, soFar) {
          now = nowUs;
          writing.step(nowUs, soFar);
        },
      });
      const label = labelOf(scenario, truth, { engine: engine.name, version: engine.version });
      bag = null;
      await writing.finish(now, label);
      this.#note(scenario, path, label);
      this.#deaths = 0;
    } catch (cause) {
      this.#failed.push({ scenario: scenario.name, error: (cause as Error).message });
      await bag?.discard().catch(() => {});
      await this.#bury();
    }
  }

  #note(scenario: Scenario, path: string, label: BagRow["label"] | ReturnType<typeof labelOf>): void {
    const bytes = readFileSync(path);
    this.#rows.set(fileOf(scenario), {
      file: fileOf(scenario),
      bytes: bytes.length,
      sha256: sha256(bytes),
      scenario_sha256: scenarioHash(scenario),
      as_expected: happened(label as ReturnType<typeof labelOf>),
      label: { ...label, causes: [...label.causes] },
    });
  }

  /** an engine after a failure is not trusted: the next scenario gets a new one */
  async #bury(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    this.#deaths++;
    await engine?.close().catch(() => {});
  }
  async #living(): Promise<SimEngine> {
    if (this.#engine !== null) return this.#engine;
    if (this.#deaths > RESTARTS_MAX)
      throw new Error(`not tried: ${this.#deaths} failures in a row before it`);
    const opened = await openEngine(this.#request.engine, this.#request.cell, this.#request.env);
    if (!opened.ok) throw new Error(opened.error);
    if (opened.value.version !== this.#version)
      throw new Error(`the engine is now ${opened.value.version}, it was ${this.#version}`);
    this.#engine = opened.value;
    return opened.value;
  }

  #manifest(): Manifest {
    const { engine, cell, request, seed } = this.#request;
    const bags = this.#request.scenarios.flatMap((scenario) => this.#rows.get(fileOf(scenario)) ?? []);
    return sealed({
      format: MANIFEST_FORMAT,
      engine,
      engine_version: this.#version,
      cell_sha256: cellHash(cell),
      request,
      seed,
      bags,
      failed: this.#failed,
    });
  }

  report(): GenerateReport {
    return {
      manifest: this.#manifest(),
      kept: this.#kept,
      interrupted: this.#interrupted,
      end: this.#end,
    };
  }
}

const fileOf = (scenario: Scenario): string => `${scenario.name.replaceAll(/[^A-Za-z0-9._-]/g, "-")}.mcap`;
