// A receiver that checks Commenda-X-Secret: the hex HMAC-SHA256 of the body.
// Run it with: SECRET=... PORT=8080 node commenda-x-secret.mjs
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secret = process.env.SECRET

function equal (given, wanted) {
  const a = Buffer.from(given ?? '')
  const b = Buffer.from(wanted)
  return a.length === b.length && timingSafeEqual(a, b)
}

function valid (headers, body) {
  const wanted = createHmac('sha256', secret).update(body).digest('hex')
  return equal(headers['commenda-x-secret'], wanted)
}

createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  response.writeHead(valid(request.headers, body) ? 200 : 401).end()
}).listen(Number(process.env.PORT ?? 8080), '127.0.0.1', function () {
  console.log(`listening on http://127.0.0.1:${this.address().port}`)
})
