import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { filesIn, type Installed, installedPackages } from "./installed.ts";

/** Code that no type checker saw and that a crash takes the process down with: who made it, and what it is fed. */
export interface Native {
  readonly library: string;
  readonly maker: string;
  readonly version: string;
  readonly parses: string;
}

/** By package. A package with native code that is not here fails test/supply-chain.test.ts. */
export const KNOWN: Readonly<Record<string, { maker: string; parses: string }>> = {
  "better-sqlite3": {
    maker: "Joshua Wise; SQLite by the SQLite Consortium",
    parses: "the ledger and outbox; .db3 recordings, also those of others",
  },
  "@serialport/bindings-cpp": {
    maker: "the serialport maintainers",
    parses: "nothing: hands on the bytes of a serial line",
  },
  koffi: { maker: "Niels Martignène", parses: "nothing: calls C functions that we declare" },
  "hash-wasm": { maker: "Dani Biró", parses: "nothing: hashes bytes, inside WebAssembly" },
  "@duckdb/node-bindings-linux-x64": {
    maker: "DuckDB Foundation",
    parses: "tables that a replay wrote, and the SQL of whoever asks; no part of a running node",
  },
  "mujoco-js": {
    maker: "Google DeepMind",
    parses: "MJCF models that we write ourselves, inside WebAssembly",
  },
  rclnodejs: {
    maker: "RobotWebTools",
    parses: "ROS 2 messages, through the ROS installation of the machine",
  },
  undici: {
    maker: "Node.js",
    parses: "nothing while a cell runs: comes with node-gyp, which setup:ros may start",
  },
};
/** Not installed with the package, but loaded or started where the machine has them. */
export const OF_THE_MACHINE: readonly Native[] = [
  {
    library: "libddsc.so",
    maker: "Eclipse Cyclone DDS",
    version: "as installed",
    parses: "DDS packets of the network, in a process of its own",
  },
  {
    library: "Gazebo 11 (gzserver)",
    maker: "Open Robotics, Debian 11",
    version: "11.1.0+dfsg-6",
    parses: "SDF worlds that we write ourselves, in a process of its own",
  },
];

const NATIVE = /\.(node|wasm|so|dylib|dll|exe)(\.\d+)*$/;
const fitting = (path: string): boolean => {
  const others = /android|darwin|win32|electron|musl|freebsd|openbsd|linux[-_]?(ia32|loong64|riscv64)/;
  const otherCpu = process.arch === "x64" ? /arm|riscv|ia32|loong/ : /x64|riscv|ia32|loong/;
  return !others.test(path) && !otherCpu.test(path);
};
/** WebAssembly that lies as text inside JavaScript: what a module begins with, in base64. */
const hidesWasm = (path: string): boolean =>
  /\.(js|cjs|mjs)$/.test(path) && /AGFzbQEAAA/.test(readFileSync(path, "utf8"));

/** @koromix/koffi-linux-x64 is koffi, in the bytes of one platform */
const ownerOf = (name: string): string => (name.startsWith("@koromix/koffi-") ? "koffi" : name);

export function nativeFiles(of: Installed): string[] {
  return filesIn(of.folder)
    .map(({ path }) => path)
    .filter((path) => NATIVE.test(path) || hidesWasm(path))
    .map((path) => relative(of.folder, path));
}
export interface Found {
  readonly owner: string;
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
}
export function foundNatives(): Found[] {
  return installedPackages().flatMap((of) => {
    const files = nativeFiles(of);
    if (files.length === 0) return [];
    return [{ owner: ownerOf(of.name), name: of.name, version: of.version, files: files.filter(fitting) }];
  });
}
/** What Node brings along that meets bytes from outside. */
export function ofNode(versions: NodeJS.ProcessVersions): Native[] {
  const parts: readonly [string, string, string][] = [
    ["v8", "Google", "the code itself, JSON, text"],
    ["openssl", "OpenSSL", "certificates, keys, TLS"],
    ["llhttp", "Node.js", "HTTP requests"],
    ["zlib", "Jean-loup Gailly and Mark Adler", "gzip and zip in recordings"],
    ["zstd", "Meta", "zstd in recordings, also those of others"],
    ["sqlite", "SQLite Consortium", "databases that are opened through Node"],
    ["uv", "libuv", "nothing: files, sockets, timers"],
  ];
  return parts.flatMap(([name, maker, parses]) => {
    const version = versions[name];
    return version === undefined ? [] : [{ library: `node: ${name}`, maker, version, parses }];
  });
}
