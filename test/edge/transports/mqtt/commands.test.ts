import { describe, expect, test } from "vitest";
import type { OutMessage } from "../../../../src/edge/ports/index.ts";
import { CommandEncoder } from "../../../../src/edge/transports/mqtt/commands.ts";
import { commandPayload } from "../../../../src/edge/transports/mqtt/contract.ts";
import { readEnvelope } from "../../../../src/edge/wire/index.ts";

/** What is sent is what the contract says, for each kind of command. */
const COMMANDS: readonly Exclude<OutMessage, { kind: "publish" | "velocity" }>[] = [
  { kind: "stop", pose: [1, 2], code: "ESTOP_PRESSED" },
  { kind: "stop", pose: [], code: "ESTOP_PRESSED" },
  { kind: "slow", scale: 0.5 },
  { kind: "heartbeat", counter: 7, state: "RUNNING", mayMove: true, configHash: "a:b" },
  {
    kind: "permit",
    actionId: "a1",
    proposalHash: "h",
    expiresUs: 900_000,
    action: { verb: "move" },
    retreat: false,
  },
  { kind: "permit", actionId: "a1", proposalHash: "h", expiresUs: 1, action: null, retreat: true },
  { kind: "revoke", actionId: "a1", code: "ESTOP_PRESSED", pose: [] },
];

describe("commands on MQTT", () => {
  const encoder = new CommandEncoder({ cell: "cell_1", session: 1, key: null, maxDelayMs: 100 });
  test.each(COMMANDS)("$kind is as the contract has it", (message) => {
    const text = encoder.encode("cellgate/cell_1/arm", message, 500_000);
    const { payload } = readEnvelope(JSON.parse(text))!;
    expect(commandPayload.safeParse(JSON.parse(payload))).toMatchObject({ success: true });
  });
  test("a command with a member too many is not", () => {
    expect(
      commandPayload.safeParse({ schema: "cellgate.command/1", command: "slow", scale: 1, more: 1 }).success,
    ).toBe(false);
  });
});
