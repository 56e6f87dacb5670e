import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";

/** The pages of one folder by their own titles, in a stated order; what is not stated follows by name. */
const docs = join(import.meta.dirname, "..");
function section(folder: string, first: readonly string[]): { text: string; link: string }[] {
  const names = readdirSync(join(docs, folder))
    .filter((file) => file.endsWith(".md") && file !== "index.md")
    .map((file) => file.slice(0, -3))
    .sort();
  return [...first, ...names.filter((name) => !first.includes(name))].map((name) => ({
    text: /^# (.*)$/m.exec(readFileSync(join(docs, folder, `${name}.md`), "utf8"))![1]!,
    link: `/${folder}/${name}`,
  }));
}

// No telemetry, no remote asset: the site works offline, also from the installed package (`cellgate docs`).
export default defineConfig({
  title: "cellgate",
  description: "An open safety layer for robot cells. Not a safety-rated device.",
  lang: "en",
  base: "/",
  cleanUrls: false,
  vite: {
    build: { chunkSizeWarningLimit: 1_500 }, // the search index is one piece
    esbuild: { tsconfigRaw: { compilerOptions: { target: "es2022" } } }, // esbuild here is older than our target
    optimizeDeps: { esbuildOptions: { tsconfigRaw: { compilerOptions: { target: "es2022" } } } },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 2],
    nav: [
      { text: "Start", link: "/start/first-stop" },
      { text: "Guides", link: "/guides/actions-and-verdicts" },
      { text: "Reference", link: "/reference/commands" },
      { text: "Safety", link: "/safety/requirements" },
    ],
    sidebar: [
      { text: "Start", items: section("start", ["first-stop", "own-cell"]) },
      {
        text: "Guides",
        items: section("guides", ["actions-and-verdicts", "shift-lead", "recordings", "mqtt", "ros2-arm", "serial"]),
      },
      { text: "Reference", items: section("reference", ["commands", "deployment", "codes"]) },
      {
        text: "Safety",
        items: [
          ...section("safety", ["not-a-safety-device", "requirements", "specification"]),
          { text: "Threat model", link: "/threat-model" },
        ],
      },
      { text: "Internals", items: section("internals", ["sample", "proposal", "candidate", "rollout"]) },
      { text: "Decisions", link: "/decisions/" },
    ],
  },
});
