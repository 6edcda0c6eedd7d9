// A receiver that checks X-SendComms-Signature, on the parsed body that is written again.
// Run it with: SECRET=... PORT=8080 node x-sendcomms-signature.mjs
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secret = process.env.SECRET

function equal (given, wanted) {
  const a = Buffer.from(given ?? '')
  const b = Buffer.from(wanted)
  return a.length === b.length && timingSafeEqual(a, b)
}

// The same as over the body as it came: it is written as JSON.stringify writes it.
function valid (headers, body) {
  let parsed
  try {
    parsed = JSON.parse(body)
  } catch {
    return false
  }
  const wanted = 'sha256=' + createHmac('sha256', secret).update(JSON.stringify(parsed)).digest('hex')
  return equal(headers['x-sendcomms-signature'], wanted)
}

createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  response.writeHead(valid(request.headers, body) ? 200 : 401).end()
}).listen(Number(process.env.PORT ?? 8080), '127.0.0.1', function () {
  console.log(`listening on http://127.0.0.1:${this.address().port}`)
})
