import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ddsNameOf,
  parseRosRemap,
  type RosNameSpace,
  resolveRosName,
  rosNameOf,
} from "../../../../src/edge/wire/ros-names.ts";

const space: RosNameSpace = { node: "cellgate", namespace: "/cell_1" };
const full = (name: string, at: RosNameSpace = space): string => {
  const result = resolveRosName(name, at);
  return result.ok ? result.value : `refused: ${result.error}`;
};

describe("C18 names are resolved to their full form before they are matched", () => {
  it.each([
    ["/estop", "/estop"],
    ["/estop/", "/estop"],
    ["estop", "/cell_1/estop"],
    ["estop/", "/cell_1/estop"],
    ["~/reset", "/cell_1/cellgate/reset"],
    ["~", "/cell_1/cellgate"],
    ["~/", "/cell_1/cellgate"],
    ["{node}/status", "/cell_1/cellgate/status"],
    ["{ns}/status", "/cell_1/status"],
    ["{namespace}/status", "/cell_1/status"],
  ])("%s → %s", (name, expected) => expect(full(name)).toBe(expected));

  it("takes the root namespace in every spelling", () => {
    for (const namespace of ["", "/", "//"]) expect(full("estop", { node: "n", namespace })).toBe("/estop");
    expect(full("estop", { node: "n" })).toBe("/estop");
    expect(full("estop", { node: "n", namespace: "cell_1/" })).toBe("/cell_1/estop");
  });

  it("remaps on the full form, whichever spelling the rule or the name has", () => {
    const remaps = [{ from: "cmd_vel", to: "/robot/cmd_vel" }];
    for (const name of ["cmd_vel", "cmd_vel/", "/cell_1/cmd_vel"])
      expect(full(name, { ...space, remaps })).toBe("/robot/cmd_vel");
    expect(full("/cmd_vel", { ...space, remaps })).toBe("/cmd_vel");
  });

  it("applies the first rule that fits, once, and rules of other nodes never", () => {
    const remaps = [
      { node: "other", from: "a", to: "wrong" },
      { from: "a", to: "b" },
      { from: "b", to: "c" },
    ];
    expect(full("a", { ...space, remaps })).toBe("/cell_1/b");
    expect(full("b", { ...space, remaps })).toBe("/cell_1/c");
  });

  it.each([
    "",
    "/",
    "//estop",
    "/a//b",
    "~estop",
    "1abc",
    "/a/1b",
    "a b",
    "a-b",
    "a__b",
    "ünicode",
    "a".repeat(300),
  ])("refuses %j", (name) => expect(full(name)).toMatch(/^refused: /));

  it("reads remaps as a command line has them", () => {
    expect(parseRosRemap("a:=b")).toEqual({ ok: true, value: { from: "a", to: "b" } });
    expect(parseRosRemap("n:a:=/b")).toEqual({ ok: true, value: { node: "n", from: "a", to: "/b" } });
    for (const bad of ["a", "a:=", ":=b", "a:=b:=c"]) expect(parseRosRemap(bad).ok).toBe(false);
  });

  it("a resolved name resolves to itself, and DDS names lead back", () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(_[a-z0-9]{1,4})?$/);
    const name = fc.array(token, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(name, fc.boolean(), fc.boolean(), (written, rooted, slash) => {
        const once = full(`${rooted ? "/" : ""}${written}${slash ? "/" : ""}`);
        expect(full(once)).toBe(once);
        for (const kind of ["topic", "request", "reply"] as const)
          expect(rosNameOf(ddsNameOf(once, kind))).toEqual({ kind, name: once });
      }),
      { seed: 18 },
    );
  });

  it("knows a topic that is not of ROS", () => expect(rosNameOf("DCPSParticipant")).toBeNull());
});
