// Reads an AsyncAPI document with the reference parser; any diagnostic of severity 0 (error) or 1 (warning) is a fault.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const faults = diagnostics.filter((one) => one.severity <= 1);
for (const { code, message, path } of faults) {
  console.error(`${code} at ${path.join("/")}: ${message}`);
}
process.exit(faults.length > 0 ? 1 : 0);
