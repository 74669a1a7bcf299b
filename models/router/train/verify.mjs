// Embeds texts with node-llama-cpp. usage: node verify.mjs NODE_LLAMA_CPP_DIR ROUTER_GGUF TEXTS.json OUT.json
// TEXTS.json: ["text", ...]; OUT.json: {"tokens": [[...]], "vectors": [[...]], "loadMs", "times": [[chars, tokens, ms, CPU ms]]}
import {readFileSync, writeFileSync} from "node:fs";
import {pathToFileURL} from "node:url";
import {join} from "node:path";
const [dir, model, input, output] = process.argv.slice(2);
const {getLlama, LlamaLogLevel} = await import(pathToFileURL(join(dir, "dist/index.js")).href);
const llama = await getLlama({build: "never", skipDownload: true, gpu: false, maxThreads: 2, logLevel: LlamaLogLevel.warn});
const begun = performance.now();
const loaded = await llama.loadModel({modelPath: model});
const context = await loaded.createEmbeddingContext({contextSize: 512, batchSize: 512, threads: Number(process.env.ROUTER_THREADS ?? 2)});
const loadMs = performance.now() - begun;
const texts = JSON.parse(readFileSync(input, "utf8"));
const tokens = [], vectors = [], times = [];
for (const text of texts) {
  const ids = loaded.tokenize(text);
  const from = performance.now(), cpu = process.cpuUsage();
  const {vector} = await context.getEmbeddingFor(text);
  const {user, system} = process.cpuUsage(cpu);
  times.push([text.length, ids.length, performance.now() - from, (user + system) / 1000]);
  tokens.push(ids);
  vectors.push(vector);
}
writeFileSync(output, JSON.stringify({tokens, vectors, loadMs, times}));
await context.dispose();
await loaded.dispose();
process.exit(0);
