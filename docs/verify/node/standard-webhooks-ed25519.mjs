// A receiver that checks webhook-signature by the webhook's public key: over id, time and body, with a limit on its age.
// Run it with: PUBLIC_KEY=whpk_... PORT=8080 node standard-webhooks-ed25519.mjs
import { createPublicKey, verify } from 'node:crypto'
import { createServer } from 'node:http'

// The same as an entry of the webhook's JWK set.
const x = Buffer.from(process.env.PUBLIC_KEY.replace(/^whpk_/, ''), 'base64').toString('base64url')
const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
const tolerance = 5 * 60 // seconds

function valid (headers, body) {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= tolerance)) return false
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])
  // During a rotation there are several, and one that fits is enough.
  return (headers['webhook-signature'] ?? '').split(' ').some(given =>
    given.startsWith('v1a,') && verify(null, signed, key, Buffer.from(given.slice(4), 'base64')))
}

createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  response.writeHead(valid(request.headers, body) ? 200 : 401).end()
}).listen(Number(process.env.PORT ?? 8080), '127.0.0.1', function () {
  console.log(`listening on http://127.0.0.1:${this.address().port}`)
})
