import { rosWireContract } from "../../../contract/ros-wire.ts";
import { CycloneBus } from "../../../../src/edge/transports/dds/cyclone-bus.ts";
import { DdsTransport, ddsSettingsSchema } from "../../../../src/edge/transports/dds/index.ts";
import { loadCyclone } from "../../../../src/edge/transports/dds/library.ts";
import { testDomain } from "./peer.ts";

const cyclone = await loadCyclone(process.env["LIBDDSC"]);
const settings = (domainId: number, more: Record<string, unknown> = {}) =>
  ddsSettingsSchema.parse({ kind: "dds", domainId, library: process.env["LIBDDSC"], ...more });

rosWireContract({
  kind: "dds",
  missing: () => (cyclone.ok ? null : `${cyclone.error.detail}: apt install libddsc0debian`),
  domain: testDomain,
  transport: (domain, more) => new DdsTransport(settings(domain, more)),
  async bus(domain) {
    if (!cyclone.ok) throw new Error(cyclone.error.detail);
    const events = {
      graph() {},
      tooLarge() {},
      failed: (detail: string) => console.error(detail),
      stopped() {},
    };
    const bus = await CycloneBus.open(cyclone.value, settings(domain), events);
    return { bus, start: () => bus.start(), close: async () => bus.close() };
  },
});
