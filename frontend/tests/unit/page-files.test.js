import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const TESTS = fileURLToPath(new URL("..", import.meta.url));
const PAGE = path.dirname(path.resolve(TESTS));
const read = (name) => readFileSync(path.join(PAGE, name), "utf8");
const files = readdirSync(PAGE).filter((name) => /\.(js|css|svg|html)$/.test(name));

test("every file of the page is used, and every file that is used is there", () => {
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    const text = read(name);
    const names = [
      ...text.matchAll(/(?:from|import) "\.\/([\w-]+\.js)"/g),
      ...text.matchAll(/(?:src|href)="([\w-]+\.(?:js|css|svg))"/g),
      ...text.matchAll(/url\("([\w-]+\.svg)"\)/g),
    ].map((match) => match[1]);
    for (const next of names) visit(next);
  };
  visit("index.html");
  assert.deepEqual([...seen].sort(), files.sort());
});

test("the style sheet has no rule for what is not there", () => {
  const sheet = read("style.css").replace(/\/\*[^]*?\*\//g, "");
  const rest = files.filter((name) => !name.endsWith(".css")).map(read).join("\n");
  const words = new Set(rest.match(/[\w-]+/g));
  const selectors = [...sheet.matchAll(/(?:^|[}{;])\s*([^{};@]+)\{/g)].map((match) => match[1]).join("\n");
  const named = (/** @type {RegExp} */ pattern) => new Set([...selectors.matchAll(pattern)].map((match) => match[1]));
  const unused = [...named(/[.#]([a-z][\w-]*)/g), ...named(/\[([a-z-]+)/g)].filter((name) => !words.has(name) && !words.has(inScript(name)));
  assert.deepEqual(unused, []);
  const defined = [...sheet.matchAll(/(--[\w-]+):/g)].map((match) => match[1]);
  assert.deepEqual(defined.filter((name) => !sheet.includes(`var(${name})`)), []);
  const frames = [...sheet.matchAll(/@keyframes ([\w-]+)/g)].map((match) => match[1]);
  assert.deepEqual(frames.filter((name) => !new RegExp(`animation:[^;]*\\b${name}\\b`).test(sheet)), []);
});

/** How a script may write a data attribute: `data-theme` as `dataset.theme`. */
function inScript(attribute) {
  return attribute.replace(/^data-/, "");
}

test("nothing is fetched from elsewhere", () => {
  for (const name of files) {
    const addresses = read(name).match(/(https?:)?\/\/[\w.-]+\.[a-z]{2,}/g) ?? [];
    assert.deepEqual(addresses.filter((address) => !address.includes("www.w3.org")), [], name);
  }
});

test("the page needs no exception from a strict content security policy", () => {
  const html = read("index.html");
  assert.doesNotMatch(html, /\sstyle="|\son\w+="|<style|javascript:/);
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/);
  for (const name of files.filter((file) => file.endsWith(".js"))) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|cssText/, name);
  }
});
