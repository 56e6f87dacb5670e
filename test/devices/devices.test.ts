import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DEVICES } from "../../devices/index.ts";
import { deviceContract, vectorsOf } from "../contract/device.ts";

for (const device of DEVICES) deviceContract({ describe, it }, device, vectorsOf(device));

describe("devices", () => {
  it("are listed once each, in order, one folder per device", () => {
    const names = DEVICES.map((d) => d.name);
    expect(names).toEqual([...names].sort());
    const folders = readdirSync(new URL("../../devices/", import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== "robots")
      .map((entry) => entry.name.replaceAll("-", "_"));
    expect(folders.sort()).toEqual(names);
  });
  it.each(DEVICES.map((d) => [d.name, d] as const))(
    "%s has a README that names all a technician needs",
    (_name, device) => {
      const text = readFileSync(
        new URL(`../../devices/${device.name.replaceAll("_", "-")}/README.md`, import.meta.url),
        "utf8",
      );
      for (const heading of ["## Purpose", "## Channels", "## Settings", "## Silence", "## Known limits"])
        expect(text).toContain(heading);
      const { channels } = device.open(device.settings.parse(device.probeSettings));
      if (device.name !== "plain_csv" && device.name !== "modbus_safety_relay")
        for (const channel of channels) expect(text).toContain(`\`${channel.name}\``);
      expect(text).toContain(`${device.silenceMs} ms`);
    },
  );
});
