import { UserError } from "./command.ts";

/** As much of DuckDB's package as is used; it is asked for by name, because a node runs without it. */
const PACKAGE = "@duckdb/node-api";
interface DuckDb {
  readonly DuckDBInstance: {
    create(
      path: string,
      options: Readonly<Record<string, string>>,
    ): Promise<{ connect(): Promise<Connection> }>;
  };
}
export interface Connection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<Answer>;
  closeSync(): void;
}
interface Answer {
  columnNames(): readonly string[];
  getRowsJson(): readonly (readonly unknown[])[];
}

/** An empty database in memory. It reads files of this machine and fetches nothing, neither data nor parts of itself. */
export async function openDuckDb(): Promise<Connection> {
  let duckDb: DuckDb;
  try {
    duckDb = (await import(PACKAGE)) as DuckDb;
  } catch (cause) {
    throw new UserError(
      `${PACKAGE} cannot be loaded: ${(cause as Error).message.split("\n")[0]}`,
      `install it once beside cellgate (about 70 MB): npm install ${PACKAGE}`,
    );
  }
  const database = await duckDb.DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
  });
  return database.connect();
}
