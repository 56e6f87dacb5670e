import { describe, expect, it } from "vitest";
import { ACTUATORS, createActuator } from "../../../src/edge/actuators/index.ts";
import {
  actuatorContract,
  beat,
  blockOf,
  buildActuator,
  createWire,
  permitFor,
  POSE,
  REVOKE,
  TRAJECTORY,
  TWIST,
} from "../../contract/actuator.ts";

const EXTRA: Readonly<Record<string, object>> = {
  trajectory: { joints: 6 },
  controller: { controllers: ["arm"] },
  velocity: { command: "asked" },
};
const extraOf = (kind: string): object => EXTRA[kind] ?? {};
for (const kind of ACTUATORS) actuatorContract(kind, extraOf(kind.kind));

const setUp = (kind: string, extra = extraOf(kind)) => {
  const wire = createWire();
  return { wire, actuator: buildActuator(ACTUATORS.find((k) => k.kind === kind)!, extra, wire.sender) };
};

describe("actuators", () => {
  it("are listed once each, in order", () => {
    const kinds = ACTUATORS.map((k) => k.kind);
    expect(kinds).toEqual([...new Set(kinds)].sort());
    expect(createActuator("x", { kind: "nothing" }, createWire().sender)).toMatchObject({ ok: false });
  });
  it("18.8 a hand is commanded where the deployment says, and refused where it says nothing", () => {
    const common = { schema: TRAJECTORY.schema, action_id: "a1", proposer: "planner", target: "hand" };
    const grip = permitFor({ ...common, verb: "gripper", args: { width_m: 0.02, force_n: 20 } });
    for (const kind of ["trajectory", "follow"]) {
      const without = setUp(kind);
      expect([without.actuator.permit(grip, 0), without.wire.sent]).toEqual([false, []]);
      const { wire, actuator } = setUp(kind, { ...extraOf(kind), gripper: "/hand" });
      expect([actuator.permit(grip, 0), actuator.permit(permitFor(TRAJECTORY), 0)]).toEqual([true, true]);
      expect(wire.sent.map((s) => s.address)).toEqual(["/hand", "out"]);
    }
  });
  it("18.8 a receiver that understands less is not asked for more", () => {
    const { actuator } = setUp("command", { carries: ["trajectory"] });
    expect([actuator.permit(permitFor(TRAJECTORY), 0), actuator.permit(permitFor(TWIST), 0)]).toEqual([
      true,
      false,
    ]);
  });
  it("18.8 what each kind carries is stated, and what it does not carry it refuses", () => {
    for (const kind of ACTUATORS) {
      const settings = kind.schema.parse({
        kind: kind.kind,
        transport: "wire",
        address: "out",
        confirmMs: 200,
        ...extraOf(kind.kind),
      });
      const carried = kind.carries!(settings);
      const { actuator } = setUp(kind.kind);
      expect([kind.kind, actuator.permit(permitFor(TWIST), 0)]).toEqual([
        kind.kind,
        carried.includes("twist"),
      ]);
      expect(actuator.permit(permitFor(TRAJECTORY), 0)).toBe(carried.includes("trajectory"));
    }
  });
  it("A5 a chain goes on to the next one that takes the block", () => {
    const first = setUp("trajectory");
    const second = setUp("twist");
    first.wire.connected = false;
    expect([first.actuator, second.actuator].find((a) => a.block(blockOf()))).toBe(second.actuator);
    expect(second.wire.sent).toHaveLength(1);
  });
  it("A5 trajectory holds the measured pose, and refuses to hold one it does not know", () => {
    const { wire, actuator } = setUp("trajectory");
    expect(actuator.block(blockOf())).toBe(true);
    expect(wire.sent[0]!.message).toEqual({ kind: "stop", pose: POSE, code: "DEVICE_RANGE" });
    for (const pose of [[], [1, 2], [0, 0, 0, 0, 0, Number.POSITIVE_INFINITY]])
      expect(actuator.block(blockOf(pose))).toBe(false);
    expect(wire.sent).toHaveLength(1);
  });
  it("C19 each passes only the verb it can carry out", () => {
    for (const [kind, twist, trajectory] of [
      ["twist", true, false],
      ["trajectory", false, true],
      ["command", true, true],
      ["bool", false, false],
      ["relay", false, false],
      ["heartbeat", false, false],
      ["controller", false, false],
    ] as const) {
      const { wire, actuator } = setUp(kind);
      expect([kind, actuator.permit(permitFor(TWIST), 0), actuator.permit(permitFor(TRAJECTORY), 0)]).toEqual(
        [kind, twist, trajectory],
      );
      expect(wire.sent).toHaveLength(Number(twist) + Number(trajectory));
    }
    const { wire, actuator } = setUp("twist");
    const nan = { ...TWIST, args: { ...TWIST.args, linear_m_s: [Number.NaN, 0, 0] } };
    expect(actuator.permit(permitFor(nan), 0)).toBe(false);
    expect(actuator.permit(permitFor("twist"), 0)).toBe(false);
    expect(wire.sent).toEqual([]);
  });
  it("H40 heartbeat carries counter, state and configuration; a block takes leave at once", () => {
    for (const kind of ["heartbeat", "relay", "bool", "command"]) {
      const { wire, actuator } = setUp(kind);
      expect(actuator.heartbeat(beat(7, true))).toBe(true);
      expect(wire.sent.at(-1)!.message).toEqual({
        kind: "heartbeat",
        counter: 7,
        state: "RUNNING",
        mayMove: true,
        configHash: "abc",
      });
      expect(actuator.block(blockOf())).toBe(true);
      const { message } = wire.sent.at(-1)!;
      expect(message.kind === "stop" || (message.kind === "heartbeat" && !message.mayMove)).toBe(true);
    }
  });
  it("controller deactivation names its controllers and activates none", () => {
    const { wire, actuator } = setUp("controller", { controllers: ["arm", "gripper"], timeoutMs: 1_500 });
    actuator.block(blockOf());
    expect(wire.sent[0]!.message).toEqual({
      kind: "publish",
      retain: false,
      body: {
        type: "controller_manager_msgs/srv/SwitchController",
        request: {
          activate_controllers: [],
          deactivate_controllers: ["arm", "gripper"],
          strictness: 1,
          activate_asap: false,
          timeout: { sec: 1, nanosec: 500_000_000 },
        },
      },
    });
    expect(actuator.revoke(REVOKE)).toBe(false);
  });
});
