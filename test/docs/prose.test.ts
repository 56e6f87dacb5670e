import { describe, expect, test } from "vitest";
import { CODES } from "../../src/core/domain/index.ts";
import { pages, pageText } from "./markdown.ts";
import { PAGES } from "./reference.ts";

/**
 * Few rules that keep a text readable at the first reading. They hold for every page that a person writes, and for the words
 * of codes, which people read when something has stopped.
 */
const WORDS_MAX = 40;
const GUIDE_MEDIAN_MAX = 18;
const BANNED: readonly { pattern: RegExp; instead: string }[] = [
  { pattern: /\banew\b/i, instead: "again" },
  {
    pattern: /\b(?:is|are|was|were|be|been) told\b(?! to\b)/i,
    instead: "say who says what: “the report says”, “the node learns”",
  },
  { pattern: /\bbeside\b(?! (?:the|each|our|it|MQTT))/i, instead: "in parallel, next to, as well as" },
  {
    pattern: /\bno(?: [a-z]+){1,2} (?:is|are) (?:asked|heard|let|told|touched)\b/i,
    instead: "say what is: “every …”, “… never …”",
  },
  { pattern: /\b(?:is|are|was|were) being [a-z]+ed by\b/i, instead: "let the one who acts be the subject" },
  { pattern: /\bin order to\b/i, instead: "to" },
  { pattern: /\butili[sz]e/i, instead: "use" },
  { pattern: /\bleverag/i, instead: "use" },
  { pattern: /\bseamless|\brobust\b|\bcutting[- ]edge/i, instead: "a fact or a figure" },
];

/** The sentences of a page, without code, tables, headings and links' targets. */
function sentencesOf(text: string): string[] {
  return text
    .replace(/^```[\s\S]*?^```/gm, "")
    .replace(/^(\||#|<).*$/gm, "")
    .replace(/\]\([^)]*\)/g, "]")
    .replace(/`[^`\n]*`/g, "code")
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|(?<=[.!?:;])\s+/)
    .map((part) =>
      part
        .replace(/^\s*(?:[-*]|\d+\.) /, "")
        .replace(/[*_[\]]/g, "")
        .trim(),
    )
    .filter((part) => /[a-z]/i.test(part));
}
const wordsIn = (sentence: string): number => sentence.split(/\s+/).length;

const written = pages().filter((page) => !(page in PAGES));

describe("every page that a person writes", () => {
  test(`has no sentence of more than ${WORDS_MAX} words`, () => {
    const long = written.flatMap((page) =>
      sentencesOf(pageText(page))
        .filter((sentence) => wordsIn(sentence) > WORDS_MAX)
        .map((sentence) => `${page}: ${wordsIn(sentence)} words: ${sentence.slice(0, 90)}…`),
    );
    expect(long).toEqual([]);
  });
  test(`a guide's middle sentence has at most ${GUIDE_MEDIAN_MAX} words`, () => {
    const heavy = written
      .filter((page) => /^(guides|start)\//.test(page))
      .map((page) => {
        const lengths = sentencesOf(pageText(page))
          .map(wordsIn)
          .sort((a, b) => a - b);
        return { page, median: lengths[lengths.length >> 1]! };
      })
      .filter(({ median }) => median > GUIDE_MEDIAN_MAX);
    expect(heavy).toEqual([]);
  });
  test("uses none of the words that have to be read twice", () => {
    const found = written
      .filter((page) => page !== "../CHANGELOG.md")
      .flatMap((page) =>
        sentencesOf(pageText(page)).flatMap((sentence) =>
          BANNED.filter(({ pattern }) => pattern.test(sentence)).map(
            ({ instead }) => `${page}: ${sentence.slice(0, 80)} → ${instead}`,
          ),
        ),
      );
    expect(found).toEqual([]);
  });
});

describe("the words of codes", () => {
  test("follow the same rules", () => {
    const found = Object.entries(CODES).flatMap(([code, { title, meaning, remedy }]) =>
      [title, meaning, remedy].flatMap((text) => [
        ...BANNED.filter(({ pattern }) => pattern.test(text)).map(
          ({ instead }) => `${code}: ${text} → ${instead}`,
        ),
        ...text
          .split(/(?<=[.!?:;]) /)
          .filter((sentence) => wordsIn(sentence) > WORDS_MAX)
          .map((sentence) => `${code}: ${wordsIn(sentence)} words: ${sentence}`),
      ]),
    );
    expect(found).toEqual([]);
  });
});
