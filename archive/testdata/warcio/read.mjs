// Prints as JSON what warcio reads of a WARC file, and whether the digests that
// stand in it are those of the bytes: node read.mjs FILE
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { WARCParser } from "warcio";

const sha256 = (bytes) => "sha256:" + createHash("sha256").update(bytes).digest("hex");

async function read(file, parseHttp) {
  const records = [];
  for await (const record of new WARCParser(createReadStream(file), { keepHeadersCase: true, parseHttp })) {
    records.push({ record, content: await record.readFully(false) });
  }
  return records;
}

const file = process.argv[2];
const [blocks, contents] = [await read(file, false), await read(file, true)];
const printed = contents.map(({ record, content }, i) => {
  const payload = record.warcHeader("WARC-Payload-Digest");
  return {
    version: record.warcHeaders.statusline,
    headers: [...record.warcHeaders.headers],
    blockDigest: record.warcHeader("WARC-Block-Digest") === sha256(blocks[i].content),
    payloadDigest: payload ? payload === sha256(content) : null,
    requestLine: record.httpHeaders?.statusline ?? "",
    httpHeaders: record.httpHeaders ? [...record.httpHeaders.headers] : [],
    content: Buffer.from(content).toString("base64"),
  };
});
process.stdout.write(JSON.stringify(printed));
