// Stands in for Tempo: counts the requests with spans and says their number at its query port.
const { writeFileSync } = require('node:fs')
const { createServer } = require('node:http')
const process = require('node:process')

let requests = 0
writeFileSync('/var/tempo/written', 'x')
createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    if (request.url === '/v1/traces') requests += 1
    response.setHeader('content-type', 'application/x-protobuf')
    response.end()
  })
}).listen(4318)
createServer((request, response) => response.end(JSON.stringify({ requests }))).listen(3200)
process.on('SIGTERM', () => process.exit(0))
