import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { besideDeployment } from "../../src/node/deployment/index.ts";

describe("a robot description as a xacro file", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellgate-xacro-"));
  const before = process.env["PATH"];
  afterEach(() => {
    process.env["PATH"] = before;
  });
  const read = () => besideDeployment(join(folder, "cell.yaml"))("arm.urdf.xacro", "robot.kinematics.urdf");
  const program = (text: string): void => {
    writeFileSync(join(folder, "xacro"), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, "xacro"), 0o755);
    process.env["PATH"] = `${folder}:${before}`;
  };

  it("is expanded by the program of ROS, from where the file lies", () => {
    writeFileSync(join(folder, "arm.urdf.xacro"), '<robot name="arm"/>');
    program('cat "$1"; pwd >&2');
    expect(read()).toEqual({ ok: true, value: '<robot name="arm"/>' });
  });
  it("what the program says, or that it is not there, comes out in words", () => {
    program("echo no such package >&2; exit 2");
    expect(read()).toMatchObject({ ok: false, error: { what: expect.stringMatching(/no such package/) } });
    process.env["PATH"] = "/nonexistent";
    expect(read()).toMatchObject({
      ok: false,
      error: { what: expect.stringMatching(/xacro is not installed/) },
    });
    rmSync(folder, { recursive: true, force: true });
  });
});
