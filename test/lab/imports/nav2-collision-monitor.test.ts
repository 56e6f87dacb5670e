import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runCommand } from "../../cli/run-command.ts";

/** Every shape and action, in the spelling of older and newer files. */
const PARAMS = `
robot1:
  collision_monitor:
    ros__parameters:
      base_frame_id: base_footprint
      odom_frame_id: odom
      cmd_vel_in_topic: cmd_vel_smoothed
      cmd_vel_out_topic: cmd_vel
      state_topic: collision_monitor_state
      transform_tolerance: 0.2
      source_timeout: 1.0
      base_shift_correction: true
      stop_pub_timeout: 2.0
      enable_stamped_cmd_vel: true
      polygons: ["PolygonStop", "SlowCircle", "PolygonLimit", "FootprintApproach", "Moving", "Unused"]
      PolygonStop:
        type: polygon
        points: "[[0.4, 0.3], [0.4, -0.3], [0.0, -0.3], [0.0, 0.3]]"
        action_type: stop
        min_points: 4
      SlowCircle:
        type: circle
        radius: 1.2
        action_type: slowdown
        max_points: 3
        slowdown_ratio: 0.3
        sources_names: ["scan"]
      PolygonLimit:
        type: polygon
        points: [0.5, 0.5, 0.5, -0.5, -0.5, -0.5, -0.5, 0.5]
        action_type: limit
        linear_limit: 0.4
        angular_limit: 0.5
      FootprintApproach:
        type: polygon
        action_type: approach
        footprint_topic: /local_costmap/published_footprint
        time_before_collision: 2.0
        simulation_time_step: 0.1
        min_points: 6
      Moving:
        type: velocity_polygon
        action_type: slowdown
        slowdown_ratio: 0.5
        min_points: 4
        velocity_polygons: ["ahead"]
        ahead:
          points: "[[1.0, 0.3], [1.0, -0.3], [0.0, -0.3], [0.0, 0.3]]"
          linear_min: 0.0
          linear_max: 1.0
      Unused:
        type: circle
        radius: 3.0
        action_type: stop
        enabled: false
      observation_sources: ["scan", "rear"]
      scan:
        type: scan
        topic: scan
      rear:
        type: scan
        topic: /rear/scan
        source_timeout: 0.5
`;

describe("parameters of nav2_collision_monitor as a deployment", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cellgate-import-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = async (params: string, ...more: string[]) => {
    const file = join(folder, "params.yaml");
    const out = join(folder, "base.yaml");
    rmSync(out, { force: true });
    writeFileSync(file, params);
    return { ...(await runCommand(["import", "nav2-collision-monitor", file, "--out", out, ...more])), out };
  };

  it("carries every shape and action over, and config check takes the result", async () => {
    const made = await run(
      PARAMS,
      ...["--mount", "scan=0.2,0,90", "--mount", "rear=-0.2,0,180"],
      ...["--footprint", "[[0.3, 0.2], [0.3, -0.2], [-0.3, -0.2], [-0.3, 0.2]]"],
    );
    expect([made.code, made.err]).toEqual([0, expect.not.stringContaining("NOT CARRIED OVER")]);
    const deployment = parse(readFileSync(made.out, "utf8"));
    expect(deployment.channels.scan).toMatchObject({ address: "/scan", maxAgeMs: 1_000 });
    expect(deployment.channels.rear).toMatchObject({ address: "/rear/scan", maxAgeMs: 500 });
    expect(deployment.channels.scan.mount.yawRad).toBeCloseTo(Math.PI / 2);
    expect(deployment.channels.asked).toMatchObject({
      address: "/cmd_vel_smoothed",
      device: "geometry_msgs/TwistStamped",
      frame: "base_footprint",
    });
    expect(deployment.actuators.base).toMatchObject({ kind: "velocity", address: "/cmd_vel" });
    const { zones } = deployment.rules;
    expect(Object.keys(zones).sort()).toEqual(
      [
        ...["footprint_approach_rear", "footprint_approach_scan", "moving_ahead_rear", "moving_ahead_scan"],
        ...["polygon_limit_rear", "polygon_limit_scan", "polygon_stop_rear", "polygon_stop_scan"],
        "slow_circle",
      ].sort(),
    );
    expect(zones.polygon_stop_scan).toMatchObject({ action: "hold", minRays: 4, frame: "cell" });
    expect(zones.slow_circle).toMatchObject({
      ratio: 0.3,
      minRays: 4,
      circleM: { xM: 0, yM: 0, radiusM: 1.2 },
    });
    expect(zones.polygon_limit_rear).toMatchObject({ linearMPerS: 0.4, angularRadPerS: 0.5 });
    expect(zones.footprint_approach_scan).toMatchObject({ beforeMs: 2_000, minRays: 6 });
    const checked = await runCommand(["config", "check", made.out]);
    expect(checked.err).toBe("");
    expect(checked.code).toBe(0);
  });
  it("says what it cannot carry over, and does not pass for whole", async () => {
    const params = PARAMS.replace(
      "type: scan\n        topic: /rear/scan",
      "type: pointcloud\n        topic: /rear/points",
    );
    const made = await run(params);
    expect(made.code).toBe(1);
    expect(made.err).toMatch(/NOT CARRIED OVER: source rear: pointcloud/);
    expect(made.err).toMatch(/NOT CARRIED OVER: polygon FootprintApproach: .*--footprint/);
    expect((await runCommand(["config", "check", made.out])).code).toBe(0);
  });
  it("another file is refused in words", async () => {
    for (const [text, words] of [
      ["a: [", /bracket|flow/i],
      ["amcl: { ros__parameters: {} }", /no collision_monitor/],
      ["collision_monitor: { ros__parameters: { polygons: [] } }", /nothing of it/],
    ] as const) {
      const made = await run(text);
      expect([made.code, made.err]).toEqual([2, expect.stringMatching(words)]);
    }
  });
});
