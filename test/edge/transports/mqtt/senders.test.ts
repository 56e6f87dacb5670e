import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import * as crypto from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, Script } from "node:vm";
import { afterAll, describe, expect, it } from "vitest";
import {
  brokerAddress,
  type ChannelSender,
  exampleMessage,
  MqttTransport,
  mqttSettings,
  SENDER_LANGUAGES,
  senderProgram,
  sendersOf,
} from "../../../../src/edge/transports/mqtt/index.ts";
import { EnvelopeGuard, envelopeKey, readEnvelope } from "../../../../src/edge/wire/index.ts";
import { bindings, contextOf, createRecorder, runClock, until } from "../../../contract/recorder.ts";
import { Broker, MOSQUITTO_MISSING } from "./broker.ts";

const folder = mkdtempSync(join(tmpdir(), "cellgate-senders-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const KEY = randomBytes(32).toString("hex");
const keyFile = join(folder, "panel.key");
writeFileSync(keyFile, `${KEY}\n`);
const BROKER = brokerAddress("mqtt://127.0.0.1:1883");
const has = (program: string): boolean =>
  spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;

const settingsOf = (key: boolean) =>
  mqttSettings.parse({
    kind: "mqtt",
    url: "mqtt://127.0.0.1:1883",
    base: "acme/hall",
    protected: { panel: { source: "panel_1", maxDelayMs: 200, ...(key ? { keyFile } : {}) } },
  });
const PANEL = {
  name: "panel",
  quantity: "estopDual",
  address: "~/panel 'A'",
  maxAgeMs: 300,
  minRateHz: 10,
} as const;
const channels = bindings([PANEL]);
const senderOf = (key: boolean): ChannelSender =>
  sendersOf(settingsOf(key), { cell: "cell_1", channels })[0]!;
const guardOf = (sender: ChannelSender, key: boolean): EnvelopeGuard =>
  new EnvelopeGuard({
    address: sender.topic,
    source: sender.protection!.source,
    config: sender.protection!.configHash,
    key: key ? envelopeKey(KEY) : null,
    maxDelayUs: 10_000_000,
    errorIntervalUs: 1_000_000,
  });

/** What the node's own guard says of the first lines that a program printed. */
function judged(lines: readonly string[], key: boolean): (string | null)[] {
  const guard = guardOf(senderOf(key), key);
  return lines.map((line, i) => {
    const { accepted, fault } = guard.accept(readEnvelope(JSON.parse(line)), 1_000_000 + i);
    return accepted ? JSON.parse(line).payload : fault;
  });
}
/** The first lines of a program that goes on for ever. */
function firstLines(program: string, args: readonly string[], count: number): Promise<string[]> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.on("error", fail);
    child.stdout.on("data", (data: Buffer) => {
      text += data.toString();
      const lines = text.split("\n").slice(0, -1);
      if (lines.length < count) return;
      child.kill("SIGTERM");
      done(lines.slice(0, count));
    });
    child.on("close", () => fail(new Error(`ended after: ${text}`)));
  });
}
const written = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const GOOD = ["[1,1]", "[1,1]", "[1,1]"];

describe.each([true, false])("a sender as it is printed, with a key: %s", (key) => {
  const program = (language: (typeof SENDER_LANGUAGES)[number]): string =>
    senderProgram(language, "cell_1", senderOf(key), BROKER);

  it.skipIf(!has("python3"))("python: its messages are accepted", async () => {
    const file = written(`sender-${key}.py`, program("python"));
    expect(judged(await firstLines("python3", [file, ...(key ? [keyFile] : [])], 3), key)).toEqual(GOOD);
  });
  it.skipIf(!has("gcc"))("c: compiles without a warning, its messages are accepted", async () => {
    const [source, binary] = [written(`sender-${key}.c`, program("c")), join(folder, `c-${key}`)];
    execFileSync("gcc", ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-o", binary, source]);
    expect(judged(await firstLines(binary, key ? [keyFile] : [], 3), key)).toEqual(GOOD);
  });
  it.skipIf(!has("g++"))("arduino: its part that needs no board compiles and is accepted", () => {
    const text = program("arduino").replace('KEY_HEX[] = ""', `KEY_HEX[] = "${key ? KEY : ""}"`);
    const [source, binary] = [written(`sender-${key}.cpp`, text), join(folder, `ino-${key}`)];
    execFileSync("g++", ["-std=c++17", "-Wall", "-O2", "-o", binary, source]);
    expect(judged(execFileSync(binary, { encoding: "utf8" }).split("\n").slice(0, 3), key)).toEqual(GOOD);
  });
  it("node-red: the function of the flow is accepted", () => {
    const flow = JSON.parse(program("node-red")) as {
      type: string;
      func?: string;
      payload?: string;
      topic?: string;
    }[];
    const node = flow.find((one) => one.type === "function")!;
    expect(flow.find((one) => one.type === "mqtt out")!.topic).toBe(senderOf(key).topic);
    const kept = new Map<string, unknown>();
    const run = new Script(`(function(msg){${node.func!}})`).runInContext(
      createContext({
        Buffer,
        BigInt,
        crypto,
        process,
        context: {
          get: (name: string) => kept.get(name),
          set: (name: string, value: unknown) => kept.set(name, value),
        },
        env: { get: () => (key ? KEY : undefined) },
      }),
    ) as (msg: { payload: unknown }) => { payload: string };
    const payload: unknown = JSON.parse(flow.find((one) => one.type === "inject")!.payload!);
    expect(
      judged(
        [1, 2, 3].map(() => run({ payload }).payload),
        key,
      ),
    ).toEqual(GOOD);
  });
  it("structured text: names topic, source and hash, and says which check it can make", () => {
    const { topic, protection } = senderOf(key);
    for (const part of [topic, protection!.source, protection!.configHash])
      expect(program("structured-text")).toContain(part);
    expect(program("structured-text")).toContain("HMAC needs the library");
  });
  it("nothing is left open in any of them", () => {
    for (const language of SENDER_LANGUAGES) expect(program(language)).not.toMatch(/@[A-Z_]+@/);
  });
});

describe("a message that is damaged on the way", () => {
  it("is refused: the test can fail", () => {
    const sender = senderOf(true);
    const text = [sender.topic, "panel_1", 1, 256, 1, sender.protection!.configHash, "[1,1]"].join("\n");
    const check = `hmac:${createHmac("sha256", Buffer.from(KEY, "hex")).update(text).digest("hex")}`;
    const good = {
      schema: "cellgate.envelope/1",
      source: "panel_1",
      session: 1,
      seq: 256,
      sent_us: 1,
      config: sender.protection!.configHash,
      payload: "[1,1]",
      check,
    };
    expect(judged([JSON.stringify(good)], true)).toEqual(["[1,1]"]);
    expect(judged([JSON.stringify({ ...good, payload: "[1,0]" })], true)).toEqual(["ENVELOPE_CHECK"]);
  });
});

describe.skipIf(MOSQUITTO_MISSING !== null || !has("python3"))(
  `over a real broker${MOSQUITTO_MISSING === null ? "" : ` (skipped: ${MOSQUITTO_MISSING})`}`,
  () => {
    it("the lines that describe prints feed a node: enveloped by the sender, plain by mosquitto_pub", async () => {
      const broker = new Broker();
      await broker.start();
      const dataDir = mkdtempSync(join(folder, "data-"));
      const settings = mqttSettings.parse({ ...settingsOf(true), url: broker.url });
      const bound = bindings([
        { ...PANEL, address: "~/panel" },
        {
          name: "curtain",
          quantity: "range",
          address: "~/curtain#data.metres",
          maxAgeMs: 300,
          minRateHz: 10,
        },
      ]);
      const clock = runClock();
      const recorder = createRecorder(clock);
      const transport = new MqttTransport("plant", settings);
      try {
        await transport.open(contextOf(recorder, clock, bound, dataDir));
        await until("subscribed", () => transport.health().connected);
        const address = brokerAddress(broker.url);
        const [panel, curtain] = sendersOf(settings, { cell: "cell_1", channels: bound });
        const file = written("wired.py", senderProgram("python", "cell_1", panel!, address));
        const client = `mosquitto_pub -h ${address.host} -p ${address.port} -V 5 -q 1`;
        const piped = spawn(
          "bash",
          ["-c", `exec timeout 60 python3 ${file} ${keyFile} | ${client} -l -t ${panel!.topic}`],
          { detached: true },
        );
        try {
          await until(
            "three readings of the panel",
            () => recorder.samples.filter((s) => s.channel === 0).length >= 3,
          );
        } finally {
          process.kill(-piped.pid!, "SIGTERM");
        }
        execFileSync("bash", ["-c", `${client} -t ${curtain!.topic} -m '${exampleMessage(curtain!)}'`]);
        await until("a reading of the curtain", () => recorder.samples.some((s) => s.channel === 1));
        expect(
          recorder.samples
            .filter((s) => s.channel === 0)
            .every((s) => s.values[0] === 1 && s.values[1] === 1),
        ).toBe(true);
        expect([...recorder.samples.find((s) => s.channel === 1)!.values]).toEqual([1.5]);
        expect(recorder.faults).toEqual([]);
      } finally {
        await transport.close();
        await broker.end();
      }
    });
  },
);
