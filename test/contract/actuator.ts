import { describe, expect, it } from "vitest";
import { createActuator } from "../../src/edge/actuators/index.ts";
import type { ActuatorKind } from "../../src/edge/actuators/index.ts";
import {
  actionIdOf,
  actuatorIndexOf,
  type BlockEffect,
  type HeartbeatEffect,
  microsOf,
  type PermitEffect,
  PROPOSAL_SCHEMA,
  type RevokeEffect,
} from "../../src/core/domain/index.ts";
import type { Actuator, CommandSender, OutMessage } from "../../src/edge/ports/index.ts";

/** A wire that can be pulled; it keeps what was handed over and nothing else. */
export function createWire(): {
  sender: CommandSender;
  sent: { address: string; message: OutMessage }[];
  connected: boolean;
} {
  const wire = {
    connected: true,
    sent: [] as { address: string; message: OutMessage }[],
    sender: {
      send(address: string, message: OutMessage): boolean {
        if (wire.connected) wire.sent.push({ address, message });
        return wire.connected;
      },
    },
  };
  return wire;
}
export const POSE = [0.1, -0.2, 0.3, -0.4, 0.5, -0.6];
export const blockOf = (pose: readonly number[] = POSE, first = true): BlockEffect => ({
  kind: "block",
  actuator: actuatorIndexOf(0),
  code: "DEVICE_RANGE",
  detail: "test",
  pose,
  first,
});
export const beat = (counter: number, mayMove: boolean): HeartbeatEffect => ({
  kind: "heartbeat",
  counter,
  state: mayMove ? "RUNNING" : "READY_BLOCKED",
  mayMove,
  configHash: "abc",
});
export const REVOKE: RevokeEffect = {
  kind: "revoke",
  actionId: actionIdOf("a1"),
  actuator: actuatorIndexOf(0),
  code: "DEVICE_RANGE",
  pose: POSE,
};
const common = { schema: PROPOSAL_SCHEMA, action_id: "a1", proposer: "planner", target: "arm" };
export const TWIST = {
  ...common,
  verb: "twist",
  args: { linear_m_s: [0.1, 0, 0], angular_rad_s: [0, 0, 0.2], duration_ms: 200 },
};
export const TRAJECTORY = {
  ...common,
  verb: "trajectory",
  args: { joint_names: ["j1"], points: [{ positions_rad: [0.5], time_from_start_ms: 500 }] },
};
export const permitFor = (action: unknown, expiresUs = 1_000): PermitEffect => ({
  kind: "permit",
  actionId: actionIdOf("a1"),
  actuator: actuatorIndexOf(0),
  proposalHash: "h",
  expires: microsOf(expiresUs),
  action,
  watched: false,
  retreat: false,
});

export function buildActuator(kind: ActuatorKind, extra: object, sender: CommandSender): Actuator {
  const built = createActuator(
    "main",
    { kind: kind.kind, transport: "wire", address: "out", confirmMs: 200, ...extra },
    sender,
  );
  if (!built.ok) throw new Error(built.error);
  return built.value;
}

/** Every actuator goes through this. */
export function actuatorContract(kind: ActuatorKind, extra: object): void {
  describe(`actuator ${kind.kind}`, () => {
    const setUp = () => {
      const wire = createWire();
      return { wire, actuator: buildActuator(kind, extra, wire.sender) };
    };
    it("A5 block is written before it returns and is the same message every time", () => {
      const { wire, actuator } = setUp();
      expect(actuator.block(blockOf())).toBe(true);
      expect(wire.sent).toHaveLength(1);
      for (let i = 0; i < 100; i++) expect(actuator.block(blockOf(POSE, false))).toBe(true);
      expect(new Set(wire.sent.map((s) => JSON.stringify(s))).size).toBe(1);
    });
    it("a pulled wire: everything is refused, nothing is queued, nothing stale comes after", () => {
      const { wire, actuator } = setUp();
      wire.connected = false;
      expect(actuator.block(blockOf())).toBe(false);
      expect(actuator.heartbeat(beat(1, true))).toBe(false);
      expect(actuator.slow({ kind: "slow", scale: 0.5 })).toBe(false);
      for (const action of [TWIST, TRAJECTORY]) expect(actuator.permit(permitFor(action), 0)).toBe(false);
      expect(actuator.revoke(REVOKE)).toBe(false);
      wire.connected = true;
      expect(wire.sent).toEqual([]);
      expect(actuator.block(blockOf())).toBe(true);
      expect(wire.sent).toHaveLength(1);
    });
    it("C23 an expired permit is refused and nothing is sent", () => {
      const { wire, actuator } = setUp();
      for (const action of [TWIST, TRAJECTORY])
        for (const nowUs of [1_000, 1_001, Number.NaN])
          expect(actuator.permit(permitFor(action), nowUs)).toBe(false);
      expect(wire.sent).toEqual([]);
    });
    it("A5 a pose that is not finite is never sent", () => {
      const { wire, actuator } = setUp();
      actuator.block(blockOf([0, Number.NaN, 0, 0, 0, 0]));
      for (const { message } of wire.sent)
        if (message.kind === "stop") expect(message.pose.every(Number.isFinite)).toBe(true);
    });
    it("A6 refuses 0 for the confirm deadline and unknown keys", () => {
      const raw = { kind: kind.kind, transport: "wire", address: "out", ...extra };
      expect(createActuator("main", { ...raw, confirmMs: 0 }, createWire().sender)).toMatchObject({
        ok: false,
      });
      expect(
        createActuator("main", { ...raw, confirmMs: 100, confrimMs: 1 }, createWire().sender),
      ).toMatchObject({ ok: false });
      expect(createActuator("main", { ...raw, confirmMs: 100 }, undefined)).toEqual({
        ok: false,
        error: "actuators.main.transport: this transport cannot send",
      });
    });
  });
}
