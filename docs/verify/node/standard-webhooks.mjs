// A receiver that checks webhook-signature, as Standard Webhooks does: over id, time and body, with a limit on its age.
// Run it with: SECRET=... PORT=8080 node standard-webhooks.mjs
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secret = process.env.SECRET

function equal (given, wanted) {
  const a = Buffer.from(given ?? '')
  const b = Buffer.from(wanted)
  return a.length === b.length && timingSafeEqual(a, b)
}

// The key is the base64 behind whsec_; of a secret in another form, its bytes.
const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
const tolerance = 5 * 60 // seconds

function valid (headers, body) {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= tolerance)) return false
  const wanted = 'v1,' + createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
  // During a rotation there are several, and one that fits is enough.
  return (headers['webhook-signature'] ?? '').split(' ').some(given => equal(given, wanted))
}

createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  response.writeHead(valid(request.headers, body) ? 200 : 401).end()
}).listen(Number(process.env.PORT ?? 8080), '127.0.0.1', function () {
  console.log(`listening on http://127.0.0.1:${this.address().port}`)
})
