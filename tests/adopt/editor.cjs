// Asks yaml-language-server, as an editor does, about definitions.
// node editor.cjs SCHEMA < [{kind: "validate" | "hover" | "complete", text, position}] > [answer, …]
const fs = require("fs");
const { getLanguageService } = require("yaml-language-server");
const { TextDocument } = require("vscode-languageserver-textdocument");

const schema = fs.readFileSync(process.argv[2], "utf8");
const requests = JSON.parse(fs.readFileSync(0, "utf8"));
const service = getLanguageService({
  schemaRequestService: async () => schema,
  workspaceContext: { resolveRelativePath: (path, base) => new URL(path, base).toString() },
  telemetry: { send() {}, sendError() {}, sendTrack() {} },
});
service.configure({
  validate: true,
  hover: true,
  completion: true,
  customTags: [],
  schemas: [{ uri: "file:///model.schema.json", fileMatch: ["*"], schema: JSON.parse(schema) }],
});

async function answer({ kind, text, position }, number) {
  // The service remembers documents by their address.
  const document = TextDocument.create(`file:///schemas/${number}.yaml`, "yaml", 1, text);
  if (kind === "validate") {
    const found = await service.doValidation(document, false);
    return found.map((each) => each.range.start.line + 1);
  }
  if (kind === "hover") {
    return (await service.doHover(document, position))?.contents.value ?? null;
  }
  const { items } = await service.doComplete(document, position, false);
  return Object.fromEntries(
    items.map((item) => [item.label, item.documentation?.value ?? item.documentation ?? null]),
  );
}

(async () => {
  const answers = [];
  for (const [number, request] of requests.entries()) answers.push(await answer(request, number));
  process.stdout.write(JSON.stringify(answers));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
