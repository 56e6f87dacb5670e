import { runCli } from "../../src/cli/cli.ts";
import { COMMANDS } from "../../src/cli/registry.ts";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
interface Place {
  readonly cwd?: string;
  readonly columns?: number;
}

/** A command as a person gives it, in this process; what it printed comes back as text. */
export async function runCommand(argv: readonly string[], place: Place = {}): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(argv, COMMANDS, "0.0.0", {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    interactive: false,
    columns: place.columns ?? 100,
    cwd: place.cwd ?? process.cwd(),
    env: {},
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
