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

interface EndpointSettings {
  readonly dataDir: string;
  /** instead of the deployment's; 0: any free one */
  readonly port: number | null;
  readonly version: string;
}

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

/** The endpoint for acts sits on a free port; the page stands at the stated one and hands acts on to it. */
export async function openEndpoint(
  parts: Composition,
  shadow: NodeShadow,
  status: () => NodeStatus,
  wanted: EndpointSettings,
  say: (line: string) => void,
) {
  const { deployment, door } = parts.node;
  const { cell, control, operators } = deployment;
  const elsewhere = elsewhereOf(parts);
  if (!elsewhere.ok) throw new UserError(elsewhere.error.what, elsewhere.error.remedy, EXIT.failed);
  const opened = await openControl({
    settings: { ...control, port: 0 },
    operators,
    cell,
    dataDir: wanted.dataDir,
    door,
    shadow,
    source: { status },
  });
  if (!opened.ok) throw new UserError(opened.error.what, opened.error.remedy, EXIT.failed);
  const page = await openDashboard({
    host: control.host,
    port: wanted.port ?? control.port,
    controlUrl: opened.value.url,
    maxBodyBytes: control.maxBodyBytes,
    ask: (handed) => opened.value.ask(handed),
    dataDir: wanted.dataDir,
    version: wanted.version,
    cell,
    elsewhere: elsewhere.value,
    status,
    picture: pictureOf(parts),
  });
  if (!page.ok) {
    await opened.value.close();
    throw new UserError(page.error.what, page.error.remedy, EXIT.failed);
  }
  parts.observers.push((effect, t) => {
    opened.value.observe(effect);
    page.value.observe(effect, t);
  });
  if (page.value.elsewhere !== null) say(`page for other machines: ${page.value.elsewhere}`);
  for (const { operator, file } of opened.value.madeTokens) say(`token of ${operator}: ${file}`);
  return {
    url: page.value.url,
    async close() {
      await page.value.close();
      await opened.value.close();
    },
  };
}
