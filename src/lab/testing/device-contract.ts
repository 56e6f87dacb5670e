import assert from "node:assert/strict";
import { createPrng, type Prng } from "../../core/base/prng.ts";
import { isCode, QUANTITIES } from "../../core/domain/index.ts";
import type { Device, DeviceSession } from "../../edge/ports/index.ts";
import type { Runner } from "./runner.ts";

/** What a decoder gave, in order. */
export interface Heard {
  readonly readings: { channel: number; values: number[]; sourceSeq: number; stamp: number }[];
  readonly faults: string[];
}
/** Bytes of a device, and what has to come out of them. */
export interface DeviceVector extends Heard {
  readonly name: string;
  readonly settings: unknown;
  /** hexadecimal; a datagram device gets them one by one, a stream device as one stream */
  readonly datagrams: readonly string[];
}
const FUZZ_INPUTS = 100_000;
const FUZZ_SEED = 20_261_120;

export function openDevice(device: Device, settings: unknown): DeviceSession {
  return device.open(device.settings.parse(settings));
}
export function listen(session: DeviceSession, chunks: Iterable<Uint8Array>): Heard {
  const heard: Heard = { readings: [], faults: [] };
  for (const chunk of chunks)
    session.push(
      chunk,
      {
        reading(channel, values, count, stamp, sourceSeq) {
          heard.readings.push({ channel, values: Array.from(values).slice(0, count), sourceSeq, stamp });
        },
        fault: (_channel, code) => void heard.faults.push(code),
      },
      0,
    );
  return heard;
}
const bytesOf = (vector: DeviceVector): Uint8Array[] =>
  vector.datagrams.map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
const expected = ({ readings, faults }: DeviceVector): Heard => ({ readings, faults });
const close = (heard: Heard): Heard => ({
  ...heard,
  readings: heard.readings.map((r) => ({
    ...r,
    values: r.values.map((value) => Math.round(value * 1e9) / 1e9 + 0),
  })),
});

/** Every device goes through this; a deviation needs a written reason in the device's README. */
export function deviceContract(runner: Runner, device: Device, vectors: readonly DeviceVector[]): void {
  const { describe, it } = runner;
  const stream = device.link !== "udp";
  describe(`device ${device.name}`, () => {
    it("declares channels, units, limits, silence and frame size", () => {
      assert.ok(device.silenceMs >= 1_000 / device.rateHz, "silence is longer than one period");
      assert.ok(device.maxFrameBytes > 0);
      for (const vector of vectors)
        for (const channel of openDevice(device, vector.settings).channels) {
          const quantity = QUANTITIES[channel.quantity];
          assert.ok(quantity.width === -1 || quantity.width === channel.width, `width of ${channel.name}`);
          assert.equal(channel.unit, quantity.unit);
          assert.ok([1, channel.width].includes(channel.limits.length), `limits of ${channel.name}`);
          for (const [min, max] of channel.limits) assert.ok(min < max);
        }
      assert.equal(device.settings.safeParse(device.probeSettings).success, true);
      const stray = { ...(device.probeSettings as object), unknownKey: 1 };
      assert.equal(device.settings.safeParse(stray).success, false, "an unknown key is an error");
    });
    it("has at least one reading vector and one fault vector", () => {
      assert.ok(vectors.some((v) => v.readings.length > 0));
      assert.ok(vectors.some((v) => v.faults.length > 0));
      for (const v of vectors) for (const code of v.faults) assert.ok(isCode(code), code);
    });
    for (const vector of vectors) vectorCases(runner, device, vector, stream);
    it("11 noise between frames never becomes a reading", () => noiseCase(device, vectors, stream));
    it(`survives ${FUZZ_INPUTS.toLocaleString("en")} damaged inputs (seed ${FUZZ_SEED})`, () =>
      fuzzCase(device, vectors));
  });
}

function vectorCases({ it }: Runner, device: Device, vector: DeviceVector, stream: boolean): void {
  const chunks = bytesOf(vector);
  const whole = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
  it(`vector: ${vector.name}`, () => {
    assert.deepEqual(close(listen(openDevice(device, vector.settings), chunks)), close(expected(vector)));
  });
  if (!stream) return;
  it(`byte at a time: ${vector.name}`, () => {
    const single = Array.from(whole, (byte) => Uint8Array.of(byte));
    assert.deepEqual(close(listen(openDevice(device, vector.settings), single)), close(expected(vector)));
  });
  it(`cut anywhere, then whole again: ${vector.name}`, () => {
    for (let cut = 0; cut < Math.min(whole.length, 600); cut++) {
      const session = openDevice(device, vector.settings);
      const torn = listen(session, [whole.subarray(0, cut)]);
      assert.ok(torn.readings.length <= vector.readings.length);
      assert.deepEqual(close(torn).readings, close(expected(vector)).readings.slice(0, torn.readings.length));
      session.reset();
      if (
        !vector.faults.some((code) => code.startsWith("ENVELOPE")) &&
        !("envelope" in (vector.settings as object))
      )
        assert.deepEqual(close(listen(session, [whole])).readings, close(expected(vector)).readings);
    }
  });
}

function noiseCase(device: Device, vectors: readonly DeviceVector[], stream: boolean): void {
  const prng = createPrng(FUZZ_SEED).split(`noise ${device.name}`);
  const vector = vectors.find((v) => v.readings.length > 0 && v.faults.length === 0)!;
  const session = openDevice(device, vector.settings);
  for (let round = 0; round < 2_000; round++) {
    const noise = Uint8Array.from({ length: 1 + (prng.nextUint32() % 64) }, () => prng.nextUint32() & 0xff);
    const heard = listen(session, [noise]);
    if (stream) assert.deepEqual(heard.readings, []);
  }
  session.reset();
  assert.deepEqual(close(listen(session, bytesOf(vector))).readings, close(expected(vector)).readings);
}

/** Flips, cuts, repeats and glues real frames; whatever comes out must be finite and inside the limits. */
function fuzzCase(device: Device, vectors: readonly DeviceVector[]): void {
  const prng = createPrng(FUZZ_SEED).split(`fuzz ${device.name}`);
  const sources = vectors.map((vector) => ({
    session: openDevice(device, vector.settings),
    chunks: bytesOf(vector),
  }));
  let readings = 0;
  for (let i = 0; i < FUZZ_INPUTS; i++) {
    const source = sources[prng.nextUint32() % sources.length]!;
    const input = mutate(source.chunks[prng.nextUint32() % source.chunks.length]!.subarray(0, 600), prng);
    const { channels } = source.session;
    source.session.push(
      input,
      {
        reading(index, values, count) {
          readings++;
          const channel = channels[index]!;
          if (count !== channel.width) throw new Error(`${count} numbers in ${channel.name}`);
          for (let k = 0; k < count; k++) {
            const [min, max] = channel.limits[k] ?? channel.limits[0]!;
            const value = values[k]!;
            if (!(value >= min && value <= max)) throw new Error(`${channel.name}[${k}] = ${value}`);
          }
        },
        fault(index, code) {
          if (index < -1 || index >= channels.length || !isCode(code))
            throw new Error(`fault ${code} at ${index}`);
        },
      },
      i,
    );
    if (i % 64 === 0) source.session.reset();
  }
  assert.ok(readings > 0);
}
function mutate(frame: Uint8Array, prng: Prng): Uint8Array {
  const copy = Uint8Array.from(frame);
  const pick = (size: number): number => prng.nextUint32() % Math.max(1, size);
  switch (pick(6)) {
    case 0:
      return copy;
    case 1:
      return copy.subarray(0, pick(copy.length));
    case 2:
      return copy.subarray(pick(copy.length));
    case 3:
      return Uint8Array.from([...copy.subarray(0, pick(copy.length)), ...copy]);
    default:
      for (let n = 1 + pick(4); n > 0; n--) copy[pick(copy.length)] = prng.nextUint32() & 0xff;
      return copy;
  }
}
