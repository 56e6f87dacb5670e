import type { ReleaseAnswer, ReleaseDesk } from "../ros/index.ts";
import type { RclNode, RclResponse } from "./rcl.ts";

const TRIGGER = "std_srvs/srv/Trigger";
/**
 * The one service type of every ROS installation that takes a text and answers success and message. Its
 * field is called `load_namespace`; it holds the request as JSON.
 */
const TEXT = "diagnostic_msgs/srv/AddDiagnostics";

/** ~/reset and ~/resume without arguments, ~/approve and ~/stage with a text. */
export function createServices(
  node: RclNode,
  name: (short: string) => string,
  desk: ReleaseDesk,
  failed: (detail: string) => void,
): void {
  let calls = 0;
  const serve = (
    type: string,
    short: string,
    judge: (request: Record<string, unknown>) => ReleaseAnswer,
  ): void => {
    node.createService(type, name(`~/${short}`), undefined, (request, response) => {
      answer(response, failed, () => judge(request));
    });
  };
  for (const act of ["reset", "resume"] as const)
    serve(TRIGGER, act, () => desk.plain(act, `ros-${act}-${process.pid}-${calls++}`));
  for (const act of ["approve", "stage"] as const)
    serve(TEXT, act, (request) => {
      const text = request["load_namespace"];
      return desk.text(typeof text === "string" ? text : "");
    });
}

/** A throw inside a service callback aborts the process; a caller without an answer waits for ever. */
function answer(response: RclResponse, failed: (detail: string) => void, judge: () => ReleaseAnswer): void {
  let result: ReleaseAnswer;
  try {
    result = judge();
  } catch (error) {
    failed(String(error));
    result = { accepted: false, detail: "ROS_CALLBACK_FAILED" };
  }
  try {
    const { template } = response;
    template["success"] = result.accepted;
    template["message"] = result.detail;
    response.send(template);
  } catch (error) {
    failed(String(error));
  }
}
