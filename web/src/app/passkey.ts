/** passkeysHere reports whether this browser has passkeys for the console at this address. */
export function passkeysHere(origin: string | undefined): boolean {
  return origin === location.origin && typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential
}

type Answered = Promise<PublicKeyCredential | null>

/** makePasskey has the browser make one, and returns its answer to the gateway's challenge. */
export async function makePasskey(options: unknown): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON)
  return (await (navigator.credentials.create({ publicKey }) as Answered))?.toJSON()
}

/** askPasskey has the browser sign in with one. */
export async function askPasskey(options: unknown): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON)
  return (await (navigator.credentials.get({ publicKey }) as Answered))?.toJSON()
}
