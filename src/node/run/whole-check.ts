import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { troubleWith } from "../../core/base/trouble-with.ts";
import type { Deployment } from "../../core/domain/index.ts";
import { urdfLimits } from "../../core/robot/index.ts";
import type { Device, DeviceChannel } from "../../edge/ports/index.ts";
import {
  besideDeployment,
  didYouMean,
  type FoundProblem,
  type GoodConfig,
  readDeploymentParts,
} from "../deployment/index.ts";
import type { Registries } from "../extensions/index.ts";
import { approvalProblems } from "./approval-check.ts";
import { verbProblems } from "./verb-check.ts";

const DEVICE_KINDS: ReadonlySet<string> = new Set(["serial", "udp", "tcp"]);
/** a joint limit may lie this far beyond the URDF's: what rounding of a data sheet does */
const LIMIT_SLACK = 1e-3;

/**
 * Everything that a start would find wrong short of opening a wire: devices and what they bring, ways out of
 * actuators, files and keys, the head, limits beyond the robot's own description.
 */
export function wholeProblems(
  config: GoodConfig,
  { devices, actuators }: Pick<Registries, "devices" | "actuators">,
): FoundProblem[] {
  const { deployment } = config;
  return [
    ...deviceProblems(deployment, devices),
    ...actuatorProblems(deployment),
    ...verbProblems(deployment, { actuators }),
    ...approvalProblems(deployment),
    ...stageProblems(deployment),
    ...fileProblems(deployment),
    ...partProblems(config),
    ...limitProblems(config),
  ];
}

/** On a real wire the sequence of stages is earned with evidence; a simulated cell may begin anywhere. */
function stageProblems({ gate, transports }: Deployment): FoundProblem[] {
  if (gate.stage === 0 || Object.values(transports).some(({ kind }) => kind === "sim")) return [];
  return [
    {
      path: ["gate", "stage"],
      message: `a cell on real wires begins at stage 0, not ${gate.stage}: it judges beside what runs, and its evidence carries it on; write stage: 0, later \`cellgate stage advance\``,
    },
  ];
}

interface DeviceTransport {
  readonly kind: string;
  readonly device: string;
  readonly deviceSettings?: unknown;
}
function deviceProblems(deployment: Deployment, devices: readonly Device[]): FoundProblem[] {
  return Object.entries(deployment.transports).flatMap(([name, settings]) =>
    DEVICE_KINDS.has(settings.kind)
      ? oneDevice(name, settings as unknown as DeviceTransport, deployment, devices)
      : [],
  );
}

function oneDevice(
  name: string,
  wanted: DeviceTransport,
  deployment: Deployment,
  devices: readonly Device[],
): FoundProblem[] {
  const names = devices.map((d) => d.name);
  const device = devices.find((d) => d.name === wanted.device);
  const path = ["transports", name];
  if (device === undefined)
    return [
      {
        path: [...path, "device"],
        message: `no device is called "${wanted.device}"${didYouMean(wanted.device, names)} (\`cellgate devices list\`: ${names.join(", ")})`,
      },
    ];
  if (device.link !== wanted.kind)
    return [
      {
        path: [...path, "kind"],
        message: `${device.title} is read over ${device.link}, not ${wanted.kind}; write kind: ${device.link}`,
      },
    ];
  const settings = device.settings.safeParse(wanted.deviceSettings ?? {});
  if (!settings.success)
    return settings.error.issues.map((issue) => ({
      path: [...path, "deviceSettings", ...(issue.path as (string | number)[])],
      message: `${issue.message}; devices/${device.name.replaceAll("_", "-")}/README.md shows what ${device.title} takes`,
    }));
  return channelProblems(name, device, settings.data, deployment);
}

/** Channels of the deployment that name something which the device does not bring. */
function channelProblems(
  name: string,
  device: Device,
  settings: unknown,
  { channels }: Deployment,
): FoundProblem[] {
  let brought: readonly DeviceChannel[];
  try {
    brought = device.open(settings).channels;
  } catch (cause) {
    return [{ path: ["transports", name, "deviceSettings"], message: troubleWith(cause) }];
  }
  const known = brought.map((c) => c.name);
  return Object.entries(channels).flatMap(([channel, { transport, address, quantity }]) => {
    if (transport !== name) return [];
    const from = brought.find((c) => c.name === address);
    if (from === undefined)
      return [
        {
          path: ["channels", channel, "address"],
          message: `${device.title} brings no "${address}"${didYouMean(address, known)} (it brings ${known.join(", ")})`,
        },
      ];
    return from.quantity === quantity
      ? []
      : [
          {
            path: ["channels", channel, "quantity"],
            message: `"${address}" of ${device.title} is ${from.quantity}, not ${quantity}; write quantity: ${from.quantity}`,
          },
        ];
  });
}

/** An actuator needs a transport that is there, can send, and knows the address as one of its ways out. */
function actuatorProblems({ actuators, transports }: Deployment): FoundProblem[] {
  return Object.entries(actuators).flatMap(([name, actuator]) => {
    const path = ["actuators", name];
    const { transport, address, gripper } = actuator as {
      transport?: string;
      address?: string;
      gripper?: string;
    };
    if (transport === undefined) return [];
    const carrier = transports[transport] as Record<string, unknown> | undefined;
    if (carrier === undefined)
      return [
        {
          path: [...path, "transport"],
          message: `no transport is called "${transport}"${didYouMean(transport, Object.keys(transports))}`,
        },
      ];
    // ROS wires declare what goes out: topics, and actions that they are clients of
    if (!isMapping(carrier["out"])) return [];
    const topics = Object.keys(carrier["out"]);
    const actions = isMapping(carrier["actions"]) ? Object.values(carrier["actions"]) : [];
    const controllers = actions.flatMap((a) =>
      isMapping(a) && typeof a["controller"] === "string" ? [a["controller"]] : [],
    );
    const ways = [
      { key: "address", wanted: address, declared: [...topics, ...controllers], what: "stop" },
      { key: "gripper", wanted: gripper, declared: topics, what: "command of the hand" },
    ];
    return ways.flatMap(({ key, wanted, declared, what }) =>
      wanted === undefined || declared.includes(wanted)
        ? []
        : [
            {
              path: [...path, key],
              message: `no ${what} can leave: transports.${transport}.out does not declare "${wanted}"${didYouMean(wanted, declared)}`,
            },
          ],
    );
  });
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Certificates, keys and passwords that wires read when they open; their paths count from where the node is started. */
function fileProblems({ transports, fleet }: Deployment): FoundProblem[] {
  const found: FoundProblem[] = [];
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === "string" && key.endsWith("File")) {
        const trouble = unreadable(inner);
        if (trouble !== null)
          found.push({ path: [...path, key], message: `${inner} cannot be read: ${trouble}` });
      } else walk(inner, [...path, key]);
    }
  };
  walk(transports, ["transports"]);
  walk(fleet, ["fleet"]);
  return found;
}
function unreadable(file: string): string | null {
  try {
    accessSync(resolve(file), constants.R_OK);
    return null;
  } catch (cause) {
    return troubleWith(cause);
  }
}

/** The robot's description, the contact limits and the risk head, read as a start reads them. */
function partProblems(config: GoodConfig): FoundProblem[] {
  const parts = readDeploymentParts(config, 0);
  if (parts.ok) return [];
  const { what, remedy } = parts.error;
  const key = /^(robot\.kinematics\.urdf|rules\.pfl\.limitsFile|risk\.head|risk\.fallback)/.exec(what)?.[1];
  const section = key ?? (/URDF|kinematics|dynamics|joint/i.test(what) ? "robot" : "risk");
  return [{ path: section.split("."), message: `${what.replace(`${key}: `, "")}; ${remedy}` }];
}

/** A limit that lies beyond what the robot's own description allows guards nothing. */
function limitProblems({ deployment, file }: GoodConfig): FoundProblem[] {
  const { kinematics, joints } = deployment.robot;
  if (!("urdf" in kinematics)) return [];
  const text = besideDeployment(file)(kinematics.urdf, "robot.kinematics.urdf");
  if (!text.ok) return [];
  const stated = urdfLimits(text.value);
  return joints.flatMap(({ name, minRad, maxRad, maxRadPerS }, i) => {
    const { lowerRad, upperRad, velocityRadPerS } = stated.get(name) ?? {};
    const beyond = (key: string, value: number, limit: number, urdf: string): FoundProblem => ({
      path: ["robot", "joints", i, key],
      message: `${value} lies beyond the URDF's ${urdf} of ${limit} for joint "${name}"`,
    });
    return [
      ...(lowerRad !== undefined && minRad < lowerRad - LIMIT_SLACK
        ? [beyond("minRad", minRad, lowerRad, "lower limit")]
        : []),
      ...(upperRad !== undefined && maxRad > upperRad + LIMIT_SLACK
        ? [beyond("maxRad", maxRad, upperRad, "upper limit")]
        : []),
      ...(velocityRadPerS !== undefined && maxRadPerS > velocityRadPerS + LIMIT_SLACK
        ? [beyond("maxRadPerS", maxRadPerS, velocityRadPerS, "velocity limit")]
        : []),
    ];
  });
}
