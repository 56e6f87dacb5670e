import { setTimeout as pause } from "node:timers/promises";
import type { Problem } from "../../core/base/problem.ts";
import { ok, type Result } from "../../core/base/result.ts";
import { EXIT, UserError } from "../../core/base/user-error.ts";
import type { NodeStatus } from "../../core/domain/index.ts";
import { openControl } from "../../edge/http/control/index.ts";
import { Camera } from "../../edge/report/index.ts";
import { type Elsewhere, openDashboard } from "../../edge/http/index.ts";
import { besideDeployment } from "../deployment/index.ts";
import type { Composition } from "../compose.ts";
import type { NodeShadow } from "../in-use/index.ts";
import { keepOpen } from "./kept-open.ts";

interface EndpointSettings {
  readonly dataDir: string;
  /** instead of the deployment's; 0: any free one */
  readonly port: number | null;
  readonly version: string;
}
interface EndpointWords {
  say(line: string): void;
  /** the page can be reached, for the first time or again */
  page(url: string): void;
}
/** a start goes on without the page when it takes longer than this */
const PAGE_WAIT_MS = 20_000;
const never = new Promise<string>(() => undefined);

/** The certificate and its key lie beside the deployment, as everything that it names. */
function elsewhereOf({ node, options }: Composition): Result<Elsewhere | null, Problem> {
  const { listen } = node.deployment.control;
  if (listen === undefined) return ok(null);
  const beside = besideDeployment(options.config.file);
  const cert = beside(listen.tls.cert, "control.listen.tls.cert");
  if (!cert.ok) return cert;
  const key = beside(listen.tls.key, "control.listen.tls.key");
  if (!key.ok) return key;
  return ok({ host: listen.host, port: listen.port, cert: cert.value, key: key.value });
}

function pictureOf({ node, clock }: Composition) {
  const { deployment, channels, kinematics, cell } = node;
  const camera = new Camera({ deployment, channels, kinematics });
  return { scene: camera.scene, frame: () => camera.frame(cell, clock.now()) };
}

/**
 * The endpoint for acts sits on a free port; the page stands at the stated one and hands acts on to it. The cell needs neither:
 * what cannot be opened, or ends, is told with its code and begun again. A simulated cell protects nobody and is there to be looked
 * at: without its page it does not begin.
 */
export async function openEndpoint(
  parts: Composition,
  shadow: NodeShadow,
  status: () => NodeStatus,
  wanted: EndpointSettings,
  words: EndpointWords,
): Promise<{ close(): Promise<void> }> {
  const { door } = parts.node;
  const elsewhere = elsewhereOf(parts);
  if (!elsewhere.ok) throw new UserError(elsewhere.error.what, elsewhere.error.remedy, EXIT.failed);
  const acts = keepOpen(
    () => openActs(parts, shadow, status, wanted, words),
    (why) => door.health("control", "CONTROL_UNAVAILABLE", why !== null, why ?? "open again"),
  );
  await acts.tried;
  let problem: Problem | null = null;
  const page = keepOpen(
    async () => {
      const opened = await openPage(parts, acts.current, status, wanted, elsewhere.value);
      if (!opened.ok) {
        problem = opened.error;
        throw new Error(`${problem.what}; ${problem.remedy}`);
      }
      words.page(opened.value.url);
      if (opened.value.elsewhere !== null) words.say(`page for other machines: ${opened.value.elsewhere}`);
      return opened.value;
    },
    (why) => {
      door.health("page", "PAGE_UNAVAILABLE", why !== null, why ?? "there again");
      if (why !== null && parts.simulated === null) words.say(`PAGE_UNAVAILABLE: ${why}`);
    },
  );
  parts.observers.push((effect, t) => {
    acts.current?.observe(effect);
    page.current?.observe(effect, t);
  });
  await Promise.race([page.tried, pause(PAGE_WAIT_MS, null, { ref: false })]);
  const close = async (): Promise<void> => {
    await page.close();
    await acts.close();
  };
  if (parts.simulated !== null && problem !== null) {
    const { what, remedy } = problem as Problem;
    await close();
    throw new UserError(what, remedy, EXIT.failed);
  }
  return { close };
}

async function openActs(
  parts: Composition,
  shadow: NodeShadow,
  status: () => NodeStatus,
  { dataDir }: EndpointSettings,
  { say }: EndpointWords,
) {
  const { deployment, door } = parts.node;
  const { cell, control, operators } = deployment;
  const settings = { ...control, port: 0 };
  const { signed } = parts;
  const source = { status };
  const opened = await openControl({ settings, operators, cell, dataDir, door, shadow, signed, source });
  if (!opened.ok) throw new Error(opened.error.what);
  for (const { operator, file } of opened.value.madeTokens) say(`token of ${operator}: ${file}`);
  return { ...opened.value, ended: never };
}
type Acts = Awaited<ReturnType<typeof openActs>>;

function openPage(
  parts: Composition,
  acts: Acts | null,
  status: () => NodeStatus,
  { dataDir, version, port }: EndpointSettings,
  elsewhere: Elsewhere | null,
) {
  if (acts === null) throw new Error("the endpoint that it hands acts on to is not there");
  const { cell, control } = parts.node.deployment;
  return openDashboard({
    host: control.host,
    port: port ?? control.port,
    controlUrl: acts.url,
    maxBodyBytes: control.maxBodyBytes,
    ask: (handed) => acts.ask(handed),
    dataDir,
    version,
    cell,
    elsewhere,
    status,
    picture: pictureOf(parts),
  });
}
