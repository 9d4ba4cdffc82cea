/** proofNeeded is the type of the problem that a person solves by proving who they are. */
const proofNeeded = 'urn:cordboard:proof-needed'

let asked: { answer: Promise<boolean>; end: (proved: boolean) => void } | undefined
const watching = new Set<() => void>()

/** proof is asked for once, however many requests need it; the frame shows it to the person. */
export const proof = {
  watch(changed: () => void) {
    watching.add(changed)
    return () => void watching.delete(changed)
  },
  /** asked is what ends the asking, or undefined while nobody asks. */
  asked: () => asked?.end,
}

function ask(): Promise<boolean> {
  if (!asked) {
    let end!: (proved: boolean) => void
    const answer = new Promise<boolean>((resolve) => (end = resolve))
    asked = {
      answer,
      end(proved) {
        asked = undefined
        end(proved)
        watching.forEach((changed) => changed())
      },
    }
    watching.forEach((changed) => changed())
  }
  return asked.answer
}

/** isProofNeeded reports whether an answer asks for a proof. */
export async function isProofNeeded(response: Response): Promise<boolean> {
  return response.status === 403 && ((await response.clone().json().catch(() => undefined)) as { type?: string } | undefined)?.type === proofNeeded
}

/** prove asks the person and, once they have proved who they are, sends the request again. */
export async function prove(request: Request, refused: Response): Promise<Response> {
  return (await ask()) ? fetch(request) : refused
}
