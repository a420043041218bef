// A wallet and a verifier of independent libraries: OpenID4VC and SD-JWT of the OpenWallet
// Foundation, JOSE of Filip Skokan. Reads one JSON object from the command line, writes one.
//   {"do": "receive", "offer": "openid-credential-offer://…", "pin": "123456"}
//   {"do": "present", "request": "openid4vp://…", "credential": "…", "key": {…}, "frame": {…}}
//   {"do": "verify", "credential": "…", "require": ["fields.level"]}
import { createHash, randomBytes } from 'node:crypto'

import { getListFromStatusListJWT } from '@sd-jwt/jwt-status-list'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { clientAuthenticationAnonymous, setGlobalConfig } from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { Openid4vpClient } from '@openid4vc/openid4vp'
import * as jose from 'jose'

setGlobalConfig({ allowInsecureUrls: true }) // the server of a test is on loopback
const ALG = 'ES256'
const task = JSON.parse(process.argv[2])

const hasher = (data, alg) =>
  new Uint8Array(createHash(alg.replace('-', '')).update(data).digest())

async function newKey() {
  const { privateKey, publicKey } = await jose.generateKeyPair(ALG, { extractable: true })
  return { private: await jose.exportJWK(privateKey), public: await jose.exportJWK(publicKey) }
}

const signWith = (jwk) => async (signer, { header, payload }) => {
  const key = await jose.importJWK(jwk, ALG)
  const { d: _, ...signerJwk } = jwk
  return { jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(key), signerJwk }
}

const ofCertificate = (der) =>
  jose.importX509(`-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----`, ALG, {
    extractable: true,
  })

const callbacks = (jwk) => ({
  hash: (data, alg) => hasher(data, alg),
  generateRandom: (length) => randomBytes(length),
  clientAuthentication: clientAuthenticationAnonymous(),
  signJwt: signWith(jwk),
  verifyJwt: async (signer, { compact }) => {
    const key = await ofCertificate(signer.x5c[0])
    await jose.compactVerify(compact, key, { algorithms: [ALG] })
    return { verified: true, signerJwk: await jose.exportJWK(key) }
  },
  getX509CertificateMetadata: () => ({ sanDnsNames: [], sanUriNames: [] }),
  decryptJwe: () => ({ decrypted: false }),
  encryptJwe: () => {
    throw new Error('nothing is encrypted')
  },
})

async function receive({ offer, pin }) {
  const key = await newKey()
  const client = new Openid4vciClient({ callbacks: callbacks(key.private) })
  const credentialOffer = await client.resolveCredentialOffer(offer)
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const { accessTokenResponse } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer,
    issuerMetadata,
    txCode: pin,
  })
  const nonce = await client.requestNonce({ issuerMetadata })
  const [credentialConfigurationId] = credentialOffer.credential_configuration_ids
  const { jwt } = await client.createCredentialRequestJwtProof({
    issuerMetadata,
    credentialConfigurationId,
    nonce: nonce.c_nonce,
    signer: { method: 'jwk', publicJwk: key.public, alg: ALG },
  })
  const { credentialResponse } = await client.retrieveCredentials({
    issuerMetadata,
    accessToken: accessTokenResponse.access_token,
    credentialConfigurationId,
    proofs: { jwt: [jwt] },
  })
  await client.sendNotification({
    issuerMetadata,
    accessToken: accessTokenResponse.access_token,
    notification: {
      notificationId: credentialResponse.notification_id,
      event: 'credential_accepted',
    },
  })
  return {
    credential: credentialResponse.credentials[0].credential,
    key: key.private,
    known: issuerMetadata.knownCredentialConfigurations[credentialConfigurationId].format,
  }
}

// an SD-JWT VC instance that believes the published keys of the issuer that a credential names
function instance(key) {
  const verifyBy = async (data, signature, jwk) => {
    const imported = await jose.importJWK(jwk, ALG)
    await jose.compactVerify(`${data}.${signature}`, imported, { algorithms: [ALG] })
    return true
  }
  const published = async (text) => {
    const { iss } = text
    const url = new URL(iss)
    const issuer = await (await fetch(`${url.origin}/.well-known/jwt-vc-issuer`)).json()
    if (issuer.issuer !== iss) throw new Error('another issuer')
    return issuer.jwks.keys
  }
  const anyOf = async (data, signature, keys) => {
    const kid = jose.decodeProtectedHeader(`${data}.${signature}`).kid
    return verifyBy(data, signature, keys.find((one) => one.kid === kid))
  }
  return new SDJwtVcInstance({
    hasher,
    hashAlg: 'sha-256',
    saltGenerator: (length) => randomBytes(length).toString('base64url'),
    verifier: async (data, signature) => {
      const payload = jose.decodeJwt(`${data}.${signature}`)
      return anyOf(data, signature, await published({ iss: payload.iss ?? ISSUER }))
    },
    kbVerifier: async (data, signature, payload) => verifyBy(data, signature, payload.cnf.jwk),
    kbSignAlg: ALG,
    kbSigner: key
      ? async (data) => {
          const imported = await jose.importJWK(key, ALG)
          const [header, body] = data.split('.')
          const signed = await new jose.CompactSign(Buffer.from(body, 'base64url'))
            .setProtectedHeader(JSON.parse(Buffer.from(header, 'base64url')))
            .sign(imported)
          return signed.split('.')[2]
        }
      : undefined,
    statusListFetcher: async (uri) => (await fetch(uri)).text(),
  })
}

const ISSUER = task.issuer // of status lists, which name none

async function present({ request, credential, key, frame }) {
  const client = new Openid4vpClient({ callbacks: callbacks(key) })
  const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: request })
  const { authorizationRequestPayload, client: verifier } =
    await client.resolveOpenId4vpAuthorizationRequest({
      authorizationRequestPayload: parsed.params,
    })
  const [query] = authorizationRequestPayload.dcql_query.credentials
  const shown = await instance(key).present(credential, frame, {
    kb: {
      payload: {
        iat: Math.floor(Date.now() / 1000),
        aud: authorizationRequestPayload.client_id,
        nonce: authorizationRequestPayload.nonce,
      },
    },
  })
  const { authorizationResponsePayload } = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload,
    authorizationResponsePayload: { vp_token: { [query.id]: [shown] } },
  })
  const { response } = await client.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload,
    authorizationResponsePayload,
  })
  return {
    status: response.status,
    body: await response.text(),
    shown,
    verifier: verifier.prefix,
    asked: query.claims.map((claim) => claim.path),
    nonce: authorizationRequestPayload.nonce,
  }
}

async function verify({ credential, require, nonce }) {
  const read = await instance().verify(credential, {
    requiredClaimKeys: require,
    keyBindingNonce: nonce,
  })
  const parts = {}
  for (const [name, part] of Object.entries(read.payload.parts ?? {})) {
    if (!part?.status) continue
    const { idx, uri } = part.status.status_list
    const list = getListFromStatusListJWT(await (await fetch(uri)).text())
    parts[name] = list.getStatus(idx)
  }
  return { payload: read.payload, parts }
}

try {
  const done = await { receive, present, verify }[task.do](task)
  console.log(JSON.stringify(done))
} catch (error) {
  console.log(JSON.stringify({ error: String(error), cause: String(error.cause ?? '') }))
  process.exitCode = 1
}
