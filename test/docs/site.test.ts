import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CODES } from "../../src/core/domain/index.ts";
import { LAYERS } from "../import-graph.ts";
import { arrows, lostQuestions } from "./layers-page.ts";
import { blocksOf, DOCS, pages, pageText, ROOT } from "./markdown.ts";
import { PAGES, textOf } from "./reference.ts";
import { gaps } from "./requirements-page.ts";

/** Headings as a forge and the site make anchors of them. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[`*]/g, "")
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
const withoutBlocks = (text: string): string =>
  text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      anchorOf(heading!),
    ),
  );

describe("the pages that are made from the code", () => {
  test.each(Object.entries(PAGES))("%s says what the code says: npm run docs:update", (file, make) => {
    expect(existsSync(join(DOCS, file)) && readFileSync(join(DOCS, file), "utf8") === textOf(make)).toBe(
      true,
    );
  });
  test("each requirement has code, codes and a test that carries its name", () => {
    expect(gaps(CODES)).toEqual([]);
  });
});

describe("every page", () => {
  const links = pages().flatMap((page) =>
    [...withoutBlocks(pageText(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => ({
      page,
      link: link!,
    })),
  );
  test("leads nowhere that is not there", () => {
    expect(links.length).toBeGreaterThan(80);
    const dead = links.filter(({ page, link }) => {
      if (/^(https?|mailto|wss?):/.test(link)) return false;
      const [path, anchor] = link.split("#") as [string, string?];
      const file = path === "" ? join(DOCS, page) : normalize(join(DOCS, dirname(page), path));
      if (!existsSync(file)) return true;
      return (
        anchor !== undefined && file.endsWith(".md") && !anchorsOf(readFileSync(file, "utf8")).has(anchor)
      );
    });
    expect(dead).toEqual([]);
  });
  test("shows YAML that is YAML", () => {
    for (const page of pages())
      for (const block of blocksOf(pageText(page)).filter((b) => b.language === "yaml"))
        expect(() => parse(block.lines.join("\n")) as unknown, `${page}:${block.line}`).not.toThrow();
  });
  test("is reached from another one", () => {
    const reached = new Set(
      links.map(({ page, link }) => relative(DOCS, join(DOCS, dirname(page), link.split("#")[0]!))),
    );
    const lost = pages().filter(
      (page) => !page.startsWith("../") && page !== "index.md" && !reached.has(page),
    );
    expect(lost).toEqual([]);
  });
});

describe("README", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  test("is one look long", () => {
    expect(readme.split("\n").length).toBeLessThanOrEqual(120);
    expect(withoutBlocks(readme).split(/\s+/).length).toBeLessThanOrEqual(700);
  });
  test("says what it is not before it says how to start it", () => {
    expect(readme.indexOf("npm start")).toBeGreaterThan(readme.indexOf("not a safety-rated device"));
  });
});

describe("the house", () => {
  test("has few layers, and no arrow between them points up", () => {
    expect(LAYERS.length).toBeLessThanOrEqual(14);
    const up = [...arrows()].flatMap(([from, row]) =>
      [...row.keys()]
        .filter((to) => LAYERS.indexOf(to) >= LAYERS.indexOf(from))
        .map((to) => `${from} → ${to}`),
    );
    expect(up).toEqual([]);
    expect(arrows().size).toBeGreaterThan(5);
  });
  test("answers where things are", () => expect(lostQuestions()).toEqual([]));
});

describe("the words of src/README.md", () => {
  const rows = [
    ...readFileSync(join(ROOT, "src/README.md"), "utf8")
      .split("## Words")[1]!
      .matchAll(/^\| ([a-z][a-z ]*) \| (.+) \|$/gm),
  ].map(([, word, meaning]) => ({ word: word!.trim(), meaning: meaning!.trim() }));
  test("are at most sixty, in order, each once", () => {
    const words = rows.map((row) => row.word).filter((word) => word !== "Word");
    expect(words.length).toBeGreaterThan(30);
    expect(words.length).toBeLessThanOrEqual(60);
    expect(words).toEqual([...new Set(words)].sort());
  });
});
