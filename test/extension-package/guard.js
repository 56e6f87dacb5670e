// A package as a plant might write it: a wire of its own, a device of its own and a rule of its own.
import { createSocket } from "node:dgram";
import { defineExtension, z } from "cellgate/extension";

const TOO_WARM = "EXT_ACME_TOO_WARM";
const PERIOD_MS = 20;

/** A made-up wire: joints that stand still, an e-stop, a motor that gets warmer; and a probe that answers datagrams. */
class Line {
  kind = "acme_line";
  #timer = null;
  #probe = null;
  #readings = 0;
  #port;
  sender = { send: () => this.#timer !== null };
  constructor(port) {
    this.#port = port;
  }
  async open({ channels, door }) {
    if (this.#timer !== null) throw new Error("it is open");
    const began = Date.now();
    this.#timer = setInterval(() => {
      const n = ++this.#readings;
      const rows = { estop: [1], joints: [0.1, 0.2, 0, 0, 0, 0], motor: [20 + (Date.now() - began) / 100 + (n % 7) * 1e-6] };
      for (const { index, config } of channels) {
        const row = rows[config.address];
        door.sample(index, row, row.length, Date.now() * 1000, n);
      }
    }, PERIOD_MS);
    this.#probe = createSocket("udp4");
    this.#probe.on("message", (_, { port, address }) => {
      const answer = new Uint8Array(8);
      new DataView(answer.buffer).setFloat64(0, 4 + (++this.#readings % 5) * 1e-4);
      this.#probe?.send(answer, port, address);
    });
    await new Promise((done) => this.#probe.bind(this.#port, "127.0.0.1", done));
  }
  async close() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#probe?.close();
    this.#probe = null;
  }
  health() {
    return { connected: this.#timer !== null, received: this.#readings, dropped: 0, rejected: 0, detail: "" };
  }
}

export default defineExtension({
  name: "acme",
  codes: {
    [TOO_WARM]: {
      severity: "stop",
      title: "motor too warm",
      meaning: "The motor passed the temperature that this plant allows.",
      remedy: "Let it cool down, then reset.",
      clears: "acknowledge",
      clearedBy: "reset",
    },
  },
  transports: [
    {
      kind: "acme_line",
      purpose: "the line of this plant",
      schema: z.strictObject({ kind: z.literal("acme_line"), probePort: z.number().int().min(1).max(65_535) }),
      create: (_name, { probePort }) => new Line(probePort),
    },
  ],
  devices: [
    {
      name: "acme_probe",
      title: "Acme probe",
      purpose: "one distance",
      link: "udp",
      rateHz: 50,
      silenceMs: 500,
      maxFrameBytes: 8,
      settings: z.strictObject({}),
      probeSettings: {},
      open: () => ({
        channels: [{ name: "distance", quantity: "range", width: 1, unit: "m", limits: [[0, 10]] }],
        push(bytes, emit) {
          if (bytes.length !== 8) return emit.fault(0, "DEVICE_FORMAT", `${bytes.length} bytes`);
          emit.reading(0, [new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0)], 1, -1, -1);
        },
        reset() {},
        pollPeriodMs: PERIOD_MS,
        poll: () => Uint8Array.of(1),
      }),
    },
  ],
  rules: [
    {
      name: "motor_heat",
      purpose: "the motor's temperature",
      codes: [TOO_WARM],
      settings: z.strictObject({ channel: z.string(), maxC: z.number() }),
      build({ channels }, { channel, maxC }) {
        const at = channels.find(({ name }) => name === channel);
        if (at === undefined) throw new Error(`no channel ${channel}`);
        return [
          {
            name: "motor_heat",
            codes: [TOO_WARM],
            listens: [at.index],
            onSample({ values }, _around, report) {
              if (values[0] > maxC) report.raise(TOO_WARM, channel, `${values[0].toFixed(1)} °C`);
              else report.clear(TOO_WARM, channel);
            },
          },
        ];
      },
    },
  ],
});
