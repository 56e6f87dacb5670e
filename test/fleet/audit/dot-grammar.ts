/** The part of Graphviz' grammar that a directed graph with attributes needs; throws where it does not fit. */
export function parseDot(text: string): { nodes: string[]; edges: [string, string][] } {
  const tokens = [
    ...text.matchAll(/\s+|("(?:[^"\\]|\\.)*"|->|[A-Za-z_][A-Za-z0-9_]*|-?[0-9.]+|[{}[\]=;,])|(.)/gs),
  ].flatMap((m) => {
    if (m[2] !== undefined) throw new Error(`unexpected ${JSON.stringify(m[2])} at ${m.index}`);
    return m[1] === undefined ? [] : [m[1]];
  });
  let at = 0;
  const take = (wanted?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (wanted !== undefined && token !== wanted))
      throw new Error(`expected ${wanted ?? "a token"}, got ${token}`);
    return token;
  };
  const id = (): string => {
    const token = take();
    if (/^[{}[\]=;,]$|^->$/.test(token)) throw new Error(`expected an id, got ${token}`);
    return token.startsWith('"') ? token.slice(1, -1).replaceAll(/\\(.)/g, "$1") : token;
  };
  const attributes = (): void => {
    if (tokens[at] !== "[") return;
    take("[");
    while (tokens[at] !== "]") {
      id();
      take("=");
      id();
      if (tokens[at] === ",") take(",");
    }
    take("]");
  };
  const nodes: string[] = [];
  const edges: [string, string][] = [];
  take("digraph");
  id();
  take("{");
  while (tokens[at] !== "}") {
    const name = id();
    if (tokens[at] === "=") {
      take("=");
      id();
    } else if (tokens[at] === "->") {
      take("->");
      edges.push([name, id()]);
      attributes();
    } else {
      attributes();
      if (name !== "node" && name !== "edge") nodes.push(name);
    }
    if (tokens[at] === ";") take(";");
  }
  take("}");
  if (at !== tokens.length) throw new Error("something follows the graph");
  return { nodes, edges };
}
