// Fill a form with pdf-lib, on which many web pages that fill PDFs are built.
//
//     node pdflib.mjs jobs.json
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { PDFDocument, PDFCheckBox, PDFDropdown } = createRequire(join(process.env.PITSTOP_FOREIGN ?? process.cwd(), "x"))("pdf-lib");

for (const { source, answers, target } of JSON.parse(readFileSync(process.argv[2], "utf-8"))) {
  const document = await PDFDocument.load(readFileSync(source));
  const form = document.getForm();
  for (const [name, answer] of Object.entries(answers)) {
    const field = form.getField(name);
    if (field instanceof PDFCheckBox) answer ? field.check() : field.uncheck();
    else if (field instanceof PDFDropdown) field.select(answer);
    else field.setText(answer);
  }
  // It can draw no letter that is not Latin-1, and would throw.
  writeFileSync(target, await document.save({ updateFieldAppearances: false }));
}
