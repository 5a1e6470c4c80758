// End well if a library is here.
//
//     node has.mjs pdf-lib
import { existsSync } from "node:fs";
import { join } from "node:path";

process.exit(existsSync(join(process.env.PITSTOP_FOREIGN ?? ".", "node_modules", process.argv[2])) ? 0 : 1);
