import { describe, expect, it } from "vitest";
import type { Transport } from "../../../../src/edge/ports/index.ts";
import { SWITCH_CONTROLLER } from "../../../../src/edge/transports/ros/index.ts";
import {
  Ros2Transport,
  ros2SettingsSchema,
  rosEnvironment,
} from "../../../../src/edge/transports/ros2/index.ts";
import { DdsTransport, ddsSettingsSchema } from "../../../../src/edge/transports/dds/index.ts";
import { domainConfig } from "../../../../src/edge/transports/dds/domain-config.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { testDomain } from "../dds/peer.ts";
import { seenDoor, until, wireContext } from "../../../contract/ros-door.ts";

const library = process.env["RCLNODEJS_FOLDER"];
const environment = rosEnvironment(process.env, library);
const generated =
  environment.ok && existsSync(join(environment.value.binding, "generated", "controller_manager_msgs"));
const reason = !environment.ok
  ? environment.error.code
  : !generated
    ? "controller_manager_msgs is not installed"
    : environment.value.middleware === "rmw_cyclonedds_cpp"
      ? null
      : "needs RMW_IMPLEMENTATION=rmw_cyclonedds_cpp";

const SERVER = `
  const [folder, domain] = process.argv.slice(1);
  const rcl = (await import(new URL("file://" + folder + "/dist/index.js"))).default;
  const context = new rcl.Context(BigInt(domain));
  await rcl.init(context, []);
  const node = rcl.createNode("controller_manager", "", context);
  node.createService("${SWITCH_CONTROLLER}", "/controller_manager/switch_controller", (request, response) => {
    process.send(request.deactivate_controllers);
    const answer = response.template;
    answer.ok = true;
    response.send(answer);
  });
  node.spin(10);
  process.send("ready");
`;

describe.skipIf(reason !== null)(
  `a real controller manager's service${reason === null ? "" : ` (skipped: ${reason})`}`,
  () => {
    const body = {
      type: SWITCH_CONTROLLER,
      request: {
        activate_controllers: [],
        deactivate_controllers: ["arm_controller"],
        strictness: 1,
        activate_asap: false,
        timeout: { sec: 0, nanosec: 1e8 },
      },
    };
    const out = {
      "/controller_manager/switch_controller": {
        message: "controller_manager_msgs/SwitchController",
        release: "humble",
      },
    };
    it.each(["dds", "ros2"])("is asked to deactivate over %s", async (kind) => {
      if (!environment.ok) return;
      const domainId = testDomain(kind === "dds" ? 170 : 171);
      process.env["CYCLONEDDS_URI"] = domainConfig({
        network: "lo",
        multicast: false,
        peers: [],
        maxParticipants: 32,
      });
      const asked: unknown[] = [];
      const program = ["--input-type=module", "-e", SERVER, environment.value.binding, String(domainId)];
      const server = spawn(process.execPath, program, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
      server.on("message", (message) => asked.push(message));
      const transport: Transport =
        kind === "dds"
          ? new DdsTransport(ddsSettingsSchema.parse({ kind, domainId, out }))
          : new Ros2Transport(
              ros2SettingsSchema.parse({
                kind,
                domainId,
                out,
                ...(library === undefined ? {} : { library }),
              }),
            );
      try {
        await until("the service is up", () => asked.includes("ready"));
        await transport.open(wireContext(seenDoor().door, []));
        const address = "/controller_manager/switch_controller";
        await until("it is asked", () => {
          transport.sender!.send(address, { kind: "publish", body, retain: false });
          return asked.some((a) => Array.isArray(a));
        });
        expect(asked.find((a) => Array.isArray(a))).toEqual(["arm_controller"]);
      } finally {
        await transport.close();
        server.kill("SIGKILL");
      }
    });
  },
);
