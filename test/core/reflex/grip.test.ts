import { describe, expect, test } from "vitest";
import { jointsAt, Rig } from "./rig.ts";

describe("a part in the gripper", () => {
  const rig = (speed: number): Rig => {
    const made = new Rig({ part: { quantity: "grip" }, arm: { quantity: "joints" } }).at(10);
    made.send("arm", jointsAt(speed));
    made.send("part", [1]);
    return made;
  };
  test("that is gone while the arm moves was lost: a stop that waits for a person, and does not bar the reset", () => {
    const moving = rig(0.5);
    moving.send("part", [0]);
    expect(moving.active()).toContain("GRIP_LOST");
    moving.send("part", [0]);
    expect(moving.active()).not.toContain("GRIP_LOST");
    expect(moving.latched()).toContain("GRIP_LOST");
  });
  test("that is put down at rest is no event, nor is one that was never held", () => {
    const still = rig(0);
    still.send("part", [0]);
    const empty = new Rig({ part: { quantity: "grip" }, arm: { quantity: "joints" } }).at(10);
    empty.send("arm", jointsAt(0.5));
    empty.send("part", [0]);
    for (const one of [still, empty]) expect([...one.active(), ...one.latched()]).not.toContain("GRIP_LOST");
  });
});
