// Fill forms in a viewer, with the mouse and the keyboard, as a person does: Chrome's own, or that of Firefox (pdf.js) in Chrome.
//
//     node viewers.mjs chrome|firefox jobs.json     each job is {source, answers, target, picture}; `picture` is a folder, or absent
//     node viewers.mjs                              end well if Chrome can be started here
//
// An answer is a text, the label of a choice, or true and false for a check box.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";

const libraries = join(process.env.PITSTOP_FOREIGN ?? process.cwd(), "node_modules");
const { chromium } = createRequire(join(libraries, "x"))("playwright-core");
const pdfjs = await import(pathToFileURL(join(libraries, "pdfjs-dist", "legacy", "build", "pdf.mjs")));
const [viewer, told] = process.argv.slice(2);
const SCREEN = { width: 1100, height: 1600 };
const SETTLED = 400, FOLLOWED = 80; // milliseconds after which a page that was turned to lies still, and the keyboard follows a click
const SAVED = `(async (made) => { const bytes = new Uint8Array(await made); let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text); })`;

// The fields of a form in their order, each with its page (from 0) and where its middle is, as a share of the page.
async function fields(content) {
  const form = await pdfjs.getDocument({ data: new Uint8Array(content), verbosity: 0 }).promise;
  const found = [];
  for (let number = 1; number <= form.numPages; number++) {
    const page = await form.getPage(number);
    const [left, bottom, right, top] = page.view;
    for (const one of await page.getAnnotations()) {
      const x = ((one.rect?.[0] + one.rect?.[2]) / 2 - left) / (right - left);
      const y = (top - (one.rect?.[1] + one.rect?.[3]) / 2) / (top - bottom);
      if (one.fieldName && !one.hidden) found.push({ page: number - 1, x, y, ...one });
    }
  }
  await form.destroy();
  return found;
}

// How many choices down from the one that is chosen.
function steps(field, label) {
  const chosen = [field.fieldValue].flat()[0];
  const place = (name, value) => field.options.findIndex((one) => one[name] === value);
  return place("displayValue", label) - place("exportValue", chosen);
}

async function press(tab, key, times) {
  for (let n = 0; n < times; n++) await tab.keyboard.press(key);
}

async function write(tab, text) {
  for (const [n, line] of text.replaceAll("\t", " ").split("\n").entries()) { // the key of the tab goes to the next field
    if (n) await tab.keyboard.press("Enter");
    await tab.keyboard.type(line);
  }
}

// ── Chrome's own viewer: an extension around pdfium, in a frame of its own ───────────────────────────────────────────────

async function frameOf(tab) {
  for (;;) {
    const frame = tab.frames().find((one) => one.url().startsWith("chrome-extension://"));
    if (frame) return frame;
    await tab.waitForTimeout(20);
  }
}

async function inChrome(tab, address, content, answers, picture) {
  await tab.goto(`${address}#navpanes=0&view=Fit`);
  const frame = await frameOf(tab);
  await frame.waitForFunction(() => window.viewer?.loadState_ === "success" && window.viewer.viewport.getZoom() !== 1);
  let page = -1;
  const middle = async (field) => {
    if (page !== field.page) {
      page = field.page;
      await frame.evaluate((number) => window.viewer.viewport.goToPage(number), page);
      await tab.waitForTimeout(SETTLED);
    }
    const sides = await frame.evaluate((page) => {
      const { viewport } = window.viewer;
      const on = viewport.getPageScreenRect(page);
      const around = window.viewer.shadowRoot.querySelector("#main").getBoundingClientRect();
      return { x: on.x + around.x, y: on.y + around.y, width: on.width, height: on.height };
    }, field.page);
    return [sides.x + field.x * sides.width, sides.y + field.y * sides.height];
  };
  for (const field of await fields(content)) {
    if (!(field.fieldName in answers)) continue;
    const answer = answers[field.fieldName];
    if (field.checkBox) {
      if ((field.fieldValue === field.exportValue) !== answer) await tab.mouse.click(...(await middle(field)));
      continue;
    }
    await tab.mouse.click(...(await middle(field)));
    await tab.waitForTimeout(FOLLOWED);
    if (field.options) {
      const down = steps(field, answer);
      await press(tab, down < 0 ? "ArrowUp" : "ArrowDown", Math.abs(down));
      await tab.keyboard.press("Enter");
    } else {
      if (field.fieldValue) { // the command of Ctrl+A may arrive after the first letters
        await tab.keyboard.press("Control+Home");
        await tab.keyboard.press("Control+Shift+End");
        await tab.keyboard.press("Delete");
      }
      await write(tab, answer);
    }
    await tab.keyboard.press("Tab");
  }
  if (picture) {
    await middle({ page: 0, x: 0, y: 0 });
    await tab.waitForTimeout(SETTLED);
    await tab.screenshot({ path: join(picture, "chrome.png") });
  }
  return frame.evaluate(`${SAVED}(window.viewer.currentController.save("EDITED").then((one) => one.dataToSave))`);
}

// ── Firefox's viewer: pdf.js, with an input of HTML over each field ──────────────────────────────────────────────────────

const PAGE = `<!doctype html><meta charset=utf-8><link rel=stylesheet href=/pdfjs-dist/web/pdf_viewer.css>
<div id=around style="position:absolute;inset:0;overflow:auto"><div id=viewer class=pdfViewer></div></div><script type=module>
globalThis.pdfjsLib = await import("/pdfjs-dist/build/pdf.mjs");
pdfjsLib.GlobalWorkerOptions.workerSrc = "/pdfjs-dist/build/pdf.worker.mjs";
const { EventBus, PDFLinkService, PDFViewer } = await import("/pdfjs-dist/web/pdf_viewer.mjs");
const eventBus = new EventBus(), linkService = new PDFLinkService({ eventBus });
const viewer = new PDFViewer({ container: document.getElementById("around"), eventBus, linkService });
linkService.setViewer(viewer);
const form = await pdfjsLib.getDocument({ url: location.search.slice(1), standardFontDataUrl: "/pdfjs-dist/standard_fonts/" }).promise;
viewer.setDocument(form);
linkService.setDocument(form);
await viewer.pagesPromise;
viewer.currentScaleValue = "page-fit";
globalThis.shown = { form, viewer };
</script>`;

async function inFirefox(tab, address, content, answers, picture) {
  await tab.goto(address.replace(/([0-9]+)\.pdf$/, "viewer.html?/$1.pdf"));
  await tab.waitForFunction(() => globalThis.shown);
  for (const field of await fields(content)) {
    if (!(field.fieldName in answers)) continue;
    const answer = answers[field.fieldName];
    await tab.evaluate((page) => { globalThis.shown.viewer.currentPageNumber = page; }, field.page + 1);
    const input = tab.locator(`[data-annotation-id="${field.id}"]`).locator("input, textarea, select");
    if (field.checkBox) {
      if ((await input.isChecked()) !== answer) await input.click();
      continue;
    }
    if (field.options) {
      const down = steps(field, answer);
      await input.focus();
      await press(tab, down < 0 ? "ArrowUp" : "ArrowDown", Math.abs(down));
    } else {
      await input.click();
      await tab.keyboard.press("Control+a");
      await tab.keyboard.press("Delete");
      await write(tab, answer);
    }
    await tab.keyboard.press("Tab");
  }
  if (picture) {
    await tab.evaluate(() => { globalThis.shown.viewer.currentPageNumber = 1; });
    await tab.locator("[data-page-number='1'] [data-annotation-id]").first().waitFor({ state: "attached" });
    await tab.waitForTimeout(SETTLED);
    await tab.screenshot({ path: join(picture, "firefox.png") });
  }
  return tab.evaluate(`${SAVED}(shown.form.saveDocument())`);
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const KINDS = { ".css": "text/css", ".mjs": "text/javascript", ".html": "text/html", ".pdf": "application/pdf", ".svg": "image/svg+xml" };
const browser = await chromium.launch({
  executablePath: process.env.PITSTOP_CHROMIUM,
  headless: false, // Playwright's own way without a window has no viewer of PDFs
  args: ["--headless=new", "--no-sandbox"], // root, as in most containers, may have no sandbox; all files are our own
});
if (viewer) {
  const jobs = JSON.parse(readFileSync(told, "utf-8"));
  const server = createServer((asked, answer) => {
    const path = new URL(asked.url, "http://x").pathname;
    const number = /^\/([0-9]+)\.pdf$/.exec(path)?.[1];
    answer.setHeader("content-type", KINDS[extname(path)] ?? "application/octet-stream");
    try {
      answer.end(path === "/viewer.html" ? PAGE : readFileSync(number ? jobs[number].source : join(libraries, path)));
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  for (const [n, job] of jobs.entries()) {
    const tab = await browser.newPage({ viewport: SCREEN });
    tab.setDefaultTimeout(120_000); // a busy machine is slow, not wrong
    const fill = { chrome: inChrome, firefox: inFirefox }[viewer];
    const address = `http://127.0.0.1:${server.address().port}/${n}.pdf`;
    const made = await fill(tab, address, readFileSync(job.source), job.answers, job.picture);
    writeFileSync(job.target, Buffer.from(made, "base64"));
    await tab.close();
  }
  server.close();
}
await browser.close();
process.exit(0);
