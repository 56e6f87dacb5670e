import { readdir, readlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SerialPort } from "serialport";

export interface SerialPortInfo {
  readonly path: string;
  /** lasting name, maker or serial number; empty when unknown */
  readonly label: string;
}
const BY_ID = "/dev/serial/by-id";
const LIKELY = /^tty(USB|ACM|AMA|THS|mxc|XRUSB|S)\d+$|^rfcomm\d+$/;

/** Serial ports of this machine. Asks udev where it runs, looks into /dev where it does not (containers). */
export async function listSerialPorts(devFolder = "/dev"): Promise<readonly SerialPortInfo[]> {
  try {
    const ports = await SerialPort.list();
    return ports.map((p) => ({
      path: p.path,
      label: [p.manufacturer, p.serialNumber, p.pnpId].filter(Boolean).join(" "),
    }));
  } catch {
    return listFromFolder(devFolder);
  }
}

export async function listFromFolder(devFolder: string): Promise<readonly SerialPortInfo[]> {
  const names = await readdir(devFolder).catch((): string[] => []);
  const labels = await lastingNames();
  return names
    .filter((name) => LIKELY.test(name))
    .sort()
    .map((name) => join(devFolder, name))
    .map((path) => ({ path, label: labels.get(path) ?? "" }));
}
async function lastingNames(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(BY_ID).catch((): string[] => [])) {
    const target = await readlink(join(BY_ID, name)).catch(() => null);
    if (target !== null) found.set(resolve(BY_ID, target), join(BY_ID, name));
  }
  return found;
}
