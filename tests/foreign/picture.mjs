// Draw the pages of a PDF as a person sees them in Firefox (pdf.js), fields and all.
//
//     node picture.mjs in.pdf folder dots-per-inch
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const libraries = join(process.env.PITSTOP_FOREIGN ?? process.cwd(), "node_modules");
const { createCanvas } = createRequire(join(libraries, "x"))("@napi-rs/canvas");
const pdfjs = await import(pathToFileURL(join(libraries, "pdfjs-dist", "legacy", "build", "pdf.mjs")));
const [source, folder, dots] = process.argv.slice(2);
const document = await pdfjs.getDocument({
  data: new Uint8Array(readFileSync(source)),
  standardFontDataUrl: join(libraries, "pdfjs-dist", "standard_fonts") + "/",
  verbosity: 0,
}).promise;
for (let number = 1; number <= document.numPages; number++) {
  const page = await document.getPage(number);
  const viewport = page.getViewport({ scale: Number(dots) / 72 });
  const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height));
  await page.render({ canvasContext: canvas.getContext("2d"), viewport }).promise;
  writeFileSync(join(folder, `${String(number).padStart(2, "0")}.png`), canvas.toBuffer("image/png"));
}
process.exit(0);
