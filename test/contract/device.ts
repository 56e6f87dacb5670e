import { readdirSync, readFileSync } from "node:fs";
import type { Device } from "../../src/edge/ports/index.ts";
import type { DeviceVector } from "../../src/lab/testing/device-contract.ts";

export { deviceContract, listen, openDevice } from "../../src/lab/testing/device-contract.ts";

/** What is recorded or computed for a device of ours, beside its code. */
export function vectorsOf(device: Device): readonly DeviceVector[] {
  const folder = new URL(`../../devices/${device.name.replaceAll("_", "-")}/vectors/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .flatMap(
      (file) =>
        (JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { vectors: DeviceVector[] }).vectors,
    );
}
