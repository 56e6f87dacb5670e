import { importRcl } from "../../../../src/edge/transports/ros2/rcl.ts";
import { RclBus } from "../../../../src/edge/transports/ros2/rcl-bus.ts";
import {
  Ros2Transport,
  ros2SettingsSchema,
  rosEnvironment,
} from "../../../../src/edge/transports/ros2/index.ts";
import { domainConfig } from "../../../../src/edge/transports/dds/domain-config.ts";
import { rosWireContract } from "../../../contract/ros-wire.ts";
import { testDomain } from "../dds/peer.ts";

/** A binding that was built elsewhere, for machines whose own checkout has none. */
const library = process.env["RCLNODEJS_FOLDER"];
const environment = rosEnvironment(process.env, library);
if (environment.ok)
  process.env["CYCLONEDDS_URI"] = domainConfig({
    network: "lo",
    multicast: false,
    peers: [],
    maxParticipants: 32,
  });

const settings = (domainId: number, more: Record<string, unknown> = {}) =>
  ros2SettingsSchema.parse({
    kind: "ros2",
    domainId,
    graphMs: 20,
    ...(library === undefined ? {} : { library }),
    ...more,
  });

rosWireContract({
  kind: "ros2",
  missing: () => {
    if (!environment.ok) return `${environment.error.code}: ${environment.error.detail}`;
    return environment.value.middleware === "rmw_cyclonedds_cpp"
      ? null
      : "the peer needs RMW_IMPLEMENTATION=rmw_cyclonedds_cpp";
  },
  domain: (offset) => testDomain(offset + 100),
  skipTypes: ["nav_msgs/Odometry", "ur_dashboard_msgs/SafetyMode"],
  transport: (domain, more) => new Ros2Transport(settings(domain, more)),
  async bus(domain) {
    if (!environment.ok) throw new Error(environment.error.detail);
    const rcl = await importRcl(environment.value.binding);
    const context = new rcl.Context(BigInt(domain));
    await rcl.init(context, []);
    const node = rcl.createLifecycleNode("contract", "", context);
    const events = { tooLarge() {}, unreadable() {}, failed: (detail: string) => console.error(detail) };
    const bus = new RclBus(rcl, node, "/contract", events);
    return {
      bus,
      start: () => node.spin(10),
      async close() {
        bus.close();
        node.stop();
        node.destroy();
        rcl.shutdown(context);
      },
    };
  },
});
