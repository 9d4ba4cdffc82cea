// What go-plugin wants of a program: a handshake on stdout, mutual TLS, a health service, and the broker on which the
// gateway says where it listens. It knows nothing of connectors, so that any in JavaScript can begin with a copy of it.
'use strict'
const crypto = require('node:crypto')
const os = require('node:os')
const path = require('node:path')
const grpc = require('@grpc/grpc-js')
const loader = require('@grpc/proto-loader')

const options = { keepCase: true, enums: String, defaults: true, oneofs: true }
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(path.resolve(__dirname, file), options))

// certificate makes the one with which this process proves itself: self-signed, for localhost, in DER and by hand
// because Node makes keys but no certificates.
function certificate() {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = (tag, ...parts) => {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
    const n = body.length
    const size = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]
    return Buffer.concat([Buffer.from([tag, ...size]), body])
  }
  const seq = (...parts) => der(0x30, ...parts)
  const algorithm = seq(der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])) // ECDSA with SHA-256
  const name = seq(der(0x31, seq(der(0x06, [0x55, 0x04, 0x03]), der(0x0c, 'localhost'))))
  const years = seq(der(0x17, '200101000000Z'), der(0x17, '491231235959Z'))
  const hosts = seq(der(0x06, [0x55, 0x1d, 0x11]), der(0x04, seq(der(0x82, 'localhost'))))
  const authority = seq(der(0x06, [0x55, 0x1d, 0x13]), der(0x04, seq(der(0x01, [0xff])))) // its own
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const body = seq(der(0xa0, der(0x02, [2])), der(0x02, [1]), algorithm, name, years, name, spki, der(0xa3, seq(hosts, authority)))
  const bytes = seq(body, algorithm, der(0x03, [0], crypto.sign('sha256', body, privateKey))).toString('base64')
  return {
    bytes,
    cert: Buffer.from(`-----BEGIN CERTIFICATE-----\n${bytes.match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`),
    key: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}

// serve runs the process as a plugin that offers one service, until it is killed. dial(Client, stream) makes a client
// of what the gateway serves on a stream of the broker.
exports.serve = function serve(service, methods) {
  const gateway = Buffer.from(process.env.PLUGIN_CLIENT_CERT)
  const own = certificate()
  const told = new Map() // a stream of the broker to [a promise of its address, the promise's resolve]
  const address = (stream) => {
    if (!told.has(stream)) {
      let resolve
      told.set(stream, [new Promise((r) => { resolve = r }), resolve])
    }
    return told.get(stream)
  }
  const dial = async (Client, stream) => new Client(
    'unix:' + (await address(stream)[0]), grpc.credentials.createSsl(gateway, own.key, own.cert),
    { 'grpc.ssl_target_name_override': 'localhost', 'grpc.default_authority': 'localhost', 'grpc.max_receive_message_length': 8 << 20 },
  )
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 8 << 20 })
  server.addService(service, methods(dial))
  server.addService(load('health.proto').grpc.health.v1.Health.service, { Check: (call, done) => done(null, { status: 'SERVING' }) })
  server.addService(load('plugin.proto').plugin.GRPCBroker.service, {
    StartStream: (call) => call.on('data', (info) => address(info.service_id)[1](info.address)).on('end', () => call.end()).on('error', () => {}),
  })
  const socket = path.join(process.env.PLUGIN_UNIX_SOCKET_DIR || os.tmpdir(), `connector-${process.pid}.sock`)
  const pair = [{ private_key: own.key, cert_chain: own.cert }]
  server.bindAsync('unix:' + socket, grpc.ServerCredentials.createSsl(gateway, pair, true), (err) => {
    if (err) throw err
    console.log(`1|1|unix|${socket}|grpc|${own.bytes.replace(/=+$/, '')}`) // go-plugin's version, the contract's, and where
  })
}
exports.load = load
