// Fill a form with pdf.js, the engine of Firefox: what its page of inputs would store, and its own saving.
//
//     node pdfjs.mjs jobs.json
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = join(process.env.PITSTOP_FOREIGN ?? process.cwd(), "node_modules", "pdfjs-dist");
const pdfjs = await import(pathToFileURL(join(folder, "legacy", "build", "pdf.mjs")));

async function fill({ source, answers, target }) {
  const form = await pdfjs.getDocument({
    data: new Uint8Array(readFileSync(source)),
    standardFontDataUrl: join(folder, "standard_fonts") + "/",
    verbosity: 0,
  }).promise;
  for (let number = 1; number <= form.numPages; number++) {
    const page = await form.getPage(number);
    for (const one of await page.getAnnotations()) {
      if (!(one.fieldName in answers)) continue;
      const answer = answers[one.fieldName];
      const option = one.options?.find((choice) => choice.displayValue === answer);
      form.annotationStorage.setValue(one.id, { value: option ? option.exportValue : answer });
    }
  }
  writeFileSync(target, await form.saveDocument());
  await form.destroy();
}

for (const job of JSON.parse(readFileSync(process.argv[2], "utf-8"))) await fill(job);
process.exit(0);
