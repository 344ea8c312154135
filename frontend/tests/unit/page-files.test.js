import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const TESTS = fileURLToPath(new URL("..", import.meta.url));
const PAGE = path.dirname(path.resolve(TESTS));
const read = (name) => readFileSync(path.join(PAGE, name), "utf8");
const files = readdirSync(PAGE).filter((name) => /\.(js|css|svg|html)$/.test(name));

test("the modules keep to their JSDoc types", () => {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", TESTS], { encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
});

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
