// Fill a form with pdf.js, the engine of Firefox: what its page of inputs would store, and its own saving.
//
//     node pdfjs.mjs in.pdf answers.json out.pdf
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = join(process.env.PITSTOP_FOREIGN ?? process.cwd(), "node_modules", "pdfjs-dist");
const pdfjs = await import(pathToFileURL(join(folder, "legacy", "build", "pdf.mjs")));
const [source, told, target] = process.argv.slice(2);
const answers = JSON.parse(readFileSync(told, "utf-8"));
const document = await pdfjs.getDocument({
  data: new Uint8Array(readFileSync(source)),
  standardFontDataUrl: join(folder, "standard_fonts") + "/",
  verbosity: 0,
}).promise;
for (let number = 1; number <= document.numPages; number++) {
  const page = await document.getPage(number);
  for (const one of await page.getAnnotations()) {
    if (!(one.fieldName in answers)) continue;
    const answer = answers[one.fieldName];
    const option = one.options?.find((choice) => choice.displayValue === answer);
    document.annotationStorage.setValue(one.id, { value: option ? option.exportValue : answer });
  }
}
writeFileSync(target, await document.saveDocument());
process.exit(0);
