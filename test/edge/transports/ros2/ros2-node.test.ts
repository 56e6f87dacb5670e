import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  Ros2Transport,
  ros2SettingsSchema,
  rosEnvironment,
} from "../../../../src/edge/transports/ros2/index.ts";
import { importRcl, type Rcl, type RclContext } from "../../../../src/edge/transports/ros2/rcl.ts";
import { domainConfig } from "../../../../src/edge/transports/dds/domain-config.ts";
import { layoutOf } from "../../../../src/edge/transports/dds/definitions.ts";
import { AnyDecoder, type RosMessage } from "../../../../src/edge/wire/index.ts";
import { testDomain } from "../dds/peer.ts";
import { seenDoor, until, wireContext } from "../../../contract/ros-door.ts";

const library = process.env["RCLNODEJS_FOLDER"];
const environment = rosEnvironment(process.env, library);
const reason = environment.ok ? null : `${environment.error.code}: ${environment.error.detail}`;

/** The side of a person at another terminal. */
interface Other {
  createClient(
    type: string,
    name: string,
  ): { sendRequestAsync(request: unknown, options: { timeout: number }): Promise<Record<string, unknown>> };
  createSubscription(
    type: string,
    topic: string,
    options: { isRaw: true },
    callback: (bytes: Buffer) => void,
  ): unknown;
  getNodeNames(): string[];
  spin(ms: number): void;
  stop(): void;
  destroy(): void;
}

describe.skipIf(reason !== null)(`ros2 node${reason === null ? "" : ` (skipped: ${reason})`}`, () => {
  const seen = seenDoor();
  const domainId = testDomain(150);
  let transport: Ros2Transport;
  let rcl: Rcl;
  let context: RclContext;
  let other: Other;
  const diagnostics: RosMessage[] = [];
  const call = (type: string, name: string, request: unknown) =>
    other.createClient(type, name).sendRequestAsync(request, { timeout: 5_000 });

  beforeAll(async () => {
    if (!environment.ok) return;
    process.env["CYCLONEDDS_URI"] = domainConfig({
      network: "lo",
      multicast: false,
      peers: [],
      maxParticipants: 32,
    });
    const out = { "/block": { message: "std_msgs/Bool" }, "/cmd": { message: "geometry_msgs/Twist" } };
    transport = new Ros2Transport(
      ros2SettingsSchema.parse({
        kind: "ros2",
        domainId,
        diagnosticsMs: 100,
        out,
        ...(library === undefined ? {} : { library }),
      }),
    );
    await transport.open(wireContext(seen.door, []));
    rcl = await importRcl(environment.value.binding);
    context = new rcl.Context(BigInt(domainId));
    await rcl.init(context, []);
    other = rcl.createLifecycleNode("person", "", context) as unknown as Other;
    const decoder = new AnyDecoder(layoutOf("diagnostic_msgs/DiagnosticArray"));
    for (const [type, topic] of [
      ["geometry_msgs/msg/Twist", "/cmd"],
      ["std_msgs/msg/Bool", "/block"],
    ] as const)
      other.createSubscription(type, topic, { isRaw: true }, () => undefined);
    other.createSubscription(
      "diagnostic_msgs/msg/DiagnosticArray",
      "/diagnostics",
      { isRaw: true },
      (bytes) => {
        const message = decoder.decode(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
        if (message.ok) diagnostics.push(message.value);
      },
    );
    other.spin(10);
    await until("the node is seen", () => other.getNodeNames().includes("cellgate"));
  });
  afterAll(async () => {
    if (!environment.ok) return;
    other.stop();
    other.destroy();
    rcl.shutdown(context);
    await transport.close();
  });

  it("A3 refuses to release by default, and answers every caller", async () => {
    for (const act of ["reset", "resume"]) {
      const answer = await call("std_srvs/srv/Trigger", `/cellgate/${act}`, {});
      expect(answer["success"]).toBe(false);
      expect(answer["message"]).toContain("ROS_RELEASE_REFUSED");
    }
    for (const act of ["approve", "stage"]) {
      const answer = await call("diagnostic_msgs/srv/AddDiagnostics", `/cellgate/${act}`, {
        load_namespace: "{}",
      });
      expect(answer["success"]).toBe(false);
    }
    expect(seen.acts).toEqual([]);
  });

  it("parameters have words and bounds; what belongs to the deployment cannot be set", async () => {
    const names = ["cell", "config_hash", "release", "diagnostics_period_ms", "graph_period_ms"];
    const described = await call("rcl_interfaces/srv/DescribeParameters", "/cellgate/describe_parameters", {
      names,
    });
    const descriptors = described["descriptors"] as { description: string; read_only: boolean }[];
    expect(descriptors.every((d) => d.description.length > 10)).toBe(true);
    expect(descriptors.map((d) => d.read_only)).toEqual([true, true, true, false, false]);
    expect(descriptors[3]!.description).toContain("From 100 to 60000");
    const set = async (name: string, value: Record<string, unknown>): Promise<boolean> => {
      const whole = {
        type: 0,
        bool_value: false,
        integer_value: 0n,
        double_value: 0,
        string_value: "",
        byte_array_value: [],
        bool_array_value: [],
        integer_array_value: [],
        double_array_value: [],
        string_array_value: [],
        ...value,
      };
      const answer = await call("rcl_interfaces/srv/SetParameters", "/cellgate/set_parameters", {
        parameters: [{ name, value: whole }],
      });
      return (answer["results"] as { successful: boolean }[])[0]!.successful;
    };
    expect(await set("release", { type: 4, string_value: "sros2" })).toBe(false);
    expect(await set("diagnostics_period_ms", { type: 2, integer_value: 5n })).toBe(false);
    expect(await set("diagnostics_period_ms", { type: 2, integer_value: 200n })).toBe(true);
  });

  it("tells its state on /diagnostics", async () => {
    await until("diagnostics", () => diagnostics.length > 1);
    const [status] = diagnostics.at(-1)!["status"] as unknown as RosMessage[];
    expect(status).toMatchObject({ level: 0, message: "active", hardware_id: "test" });
  });

  it("taken out of its active state it blocks the cell, permits nothing and still stops", async () => {
    const permit = {
      kind: "permit",
      actionId: "a",
      proposalHash: "h",
      expiresUs: Number.MAX_SAFE_INTEGER,
      retreat: false,
      action: {
        schema: "cellgate.proposal/1",
        action_id: "a",
        proposer: "p",
        target: "/x",
        verb: "twist",
        args: { linear_m_s: [0, 0, 0], angular_rad_s: [0, 0, 0], duration_ms: 10 },
      },
    } as const;
    await until("somebody to command", () => transport.sender.send("/cmd", permit));
    expect(transport.sender.send("/cmd", { ...permit, expiresUs: 1 })).toBe(false);
    const change = (id: number) =>
      call("lifecycle_msgs/srv/ChangeState", "/cellgate/change_state", { transition: { id, label: "" } });
    expect((await change(4))["success"]).toBe(true);
    expect(seen.health.at(-1)).toMatchObject({ code: "ROS_DEACTIVATED", active: true });
    expect(transport.sender.send("/cmd", permit)).toBe(false);
    expect(transport.sender.send("/block", { kind: "stop", pose: [], code: "X" })).toBe(true);
    expect((await change(3))["success"]).toBe(true);
    expect(seen.health.at(-1)).toMatchObject({ code: "ROS_DEACTIVATED", active: false });
    expect(transport.sender.send("/cmd", permit)).toBe(true);
  });

  it("leaves the signals of the process to the node", () => {
    const strangers = process.listeners("SIGINT").filter((l) => /shutdownAll/.test(l.toString()));
    expect(strangers).toEqual([]);
  });
});
